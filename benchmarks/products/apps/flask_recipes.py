"""An APIFlask application in the usual style: recipes with pages, in a database file."""

import os

from apiflask import APIFlask, PaginationSchema, Schema, abort, pagination_builder
from apiflask.fields import Boolean, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from flask import url_for
from flask_sqlalchemy import SQLAlchemy

app = APIFlask(__name__, title="Recipes", version="1.0.0")
app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{os.environ['DATABASE']}"
app.json.sort_keys = False
db = SQLAlchemy(app)

COURSES = ["starter", "main", "dessert"]


class Recipe(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(80), nullable=False)
    course = db.Column(db.String(10), nullable=False)
    minutes = db.Column(db.Integer, nullable=False)
    vegetarian = db.Column(db.Boolean, nullable=False)


class RecipeIn(Schema):
    title = String(required=True, validate=Length(1, 80))
    course = String(required=True, validate=OneOf(COURSES))
    minutes = Integer(load_default=30, strict=True, validate=Range(1, 600))
    vegetarian = Boolean(load_default=False, truthy={True}, falsy={False})


class RecipeOut(Schema):
    id = Integer(required=True)
    title = String(required=True)
    course = String(required=True, validate=OneOf(COURSES))
    minutes = Integer(required=True)
    vegetarian = Boolean(required=True)


class RecipesOut(Schema):
    recipes = List(Nested(RecipeOut), required=True)
    pagination = Nested(PaginationSchema, required=True)


class PageIn(Schema):
    page = Integer(load_default=1, validate=Range(1, 10_000))
    per_page = Integer(load_default=10, validate=Range(1, 50))
    course = String(validate=OneOf(COURSES))


def _recipe(recipe_id: int) -> Recipe:
    return (db.session.get(Recipe, recipe_id) if recipe_id < 2**63 else None) or abort(404)


@app.get("/recipes")
@app.input(PageIn, location="query")
@app.output(RecipesOut)
def list_recipes(query_data):
    query = db.select(Recipe).order_by(Recipe.id)
    if "course" in query_data:
        query = query.filter_by(course=query_data["course"])
    pagination = db.paginate(query, page=query_data["page"], per_page=query_data["per_page"], error_out=False)
    return {"recipes": pagination.items, "pagination": pagination_builder(pagination)}


@app.post("/recipes")
@app.input(RecipeIn, location="json")
@app.output(RecipeOut, status_code=201)
@app.doc(responses={400: "The body is not JSON.", 415: "The body is not application/json."})
def create_recipe(json_data):
    recipe = Recipe(**json_data)
    db.session.add(recipe)
    db.session.commit()
    return recipe, {"Location": url_for("get_recipe", recipe_id=recipe.id)}


@app.get("/recipes/<int:recipe_id>")
@app.output(RecipeOut)
@app.doc(responses={404: "There is no such recipe."})
def get_recipe(recipe_id):
    return _recipe(recipe_id)


@app.patch("/recipes/<int:recipe_id>")
@app.input(RecipeIn(partial=True), location="json")
@app.output(RecipeOut)
@app.doc(
    responses={400: "The body is not JSON.", 404: "There is no such recipe.", 415: "The body is not application/json."}
)
def update_recipe(recipe_id, json_data):
    recipe = _recipe(recipe_id)
    for name, value in json_data.items():
        setattr(recipe, name, value)
    db.session.commit()
    return recipe


@app.delete("/recipes/<int:recipe_id>")
@app.output({}, status_code=204)
@app.doc(responses={404: "There is no such recipe."})
def delete_recipe(recipe_id):
    db.session.delete(_recipe(recipe_id))
    db.session.commit()
    return ""


with app.app_context():
    db.create_all()
    for number, course in enumerate(COURSES * 2, start=1):
        db.session.add(Recipe(title=f"Recipe {number}", course=course, minutes=10 * number, vegetarian=number % 2 == 0))
    db.session.commit()
