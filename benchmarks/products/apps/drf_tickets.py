"""A Django REST Framework application in the usual style: a viewset with pages, filters and search, as one file."""

import os
import sys

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="of a server that ends with the benchmark",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "rest_framework",
        "django_filters",
        "drf_spectacular",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    TIME_ZONE="UTC",
    REST_FRAMEWORK={
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
        "PAGE_SIZE": 10,
    },
    SPECTACULAR_SETTINGS={
        "TITLE": "Tickets",
        "VERSION": "1.0.0",
        "SERVE_INCLUDE_SCHEMA": False,
        "COMPONENT_SPLIT_REQUEST": True,
    },
)
django.setup()

from django.db import connection, models  # noqa: E402
from django.urls import include, path  # noqa: E402
from django_filters.rest_framework import DjangoFilterBackend  # noqa: E402
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view, inline_serializer  # noqa: E402
from drf_spectacular.views import SpectacularAPIView  # noqa: E402
from rest_framework import filters, routers, serializers, viewsets  # noqa: E402


class Ticket(models.Model):
    class Meta:
        app_label = "tickets"
        ordering = ("id",)

    class Status(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    title = models.CharField(max_length=80)
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.OPEN)
    email = models.EmailField(max_length=120)
    weight = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)


class TicketSerializer(serializers.ModelSerializer):
    class Meta:
        model = Ticket
        fields = ("id", "title", "status", "email", "weight", "created_at")

    def validate_email(self, value):
        return value.lower()


_ERROR = inline_serializer("Error", {"detail": serializers.CharField()})
_INVALID = OpenApiResponse({"type": "object", "additionalProperties": True}, description="What is wrong, by member.")
_MISSING = {404: _ERROR}
_UNSUPPORTED = {400: _INVALID, 415: _ERROR}


@extend_schema_view(
    list=extend_schema(responses={200: TicketSerializer(many=True), **_UNSUPPORTED, **_MISSING}),
    create=extend_schema(responses={201: TicketSerializer, **_UNSUPPORTED}),
    retrieve=extend_schema(responses={200: TicketSerializer, **_MISSING}),
    update=extend_schema(responses={200: TicketSerializer, **_UNSUPPORTED, **_MISSING}),
    partial_update=extend_schema(responses={200: TicketSerializer, **_UNSUPPORTED, **_MISSING}),
    destroy=extend_schema(responses={204: None, **_MISSING}),
)
class TicketViewSet(viewsets.ModelViewSet):
    queryset = Ticket.objects.all()
    serializer_class = TicketSerializer
    filter_backends = (DjangoFilterBackend, filters.SearchFilter, filters.OrderingFilter)
    filterset_fields = ("status",)
    search_fields = ("title",)
    ordering_fields = ("id", "weight")


router = routers.DefaultRouter()
router.include_root_view = False
router.register("tickets", TicketViewSet)
urlpatterns = [path("api/", include(router.urls)), path("schema", SpectacularAPIView.as_view())]

if __name__ == "__main__":
    from django.core.wsgi import get_wsgi_application
    from waitress import serve

    with connection.schema_editor() as editor:
        editor.create_model(Ticket)
    for number in range(1, 13):
        Ticket.objects.create(title=f"Ticket {number}", email=f"user{number}@post.example", weight=number % 3)
    serve(get_wsgi_application(), host="127.0.0.1", port=int(sys.argv[1]))
