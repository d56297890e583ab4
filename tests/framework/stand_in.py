"""A server of the kind that the profile describes, made of the real framework, to compare the mock with.

`python stand_in.py DATABASE`, with the flows as a JSON list on standard input; prints its port once it listens.
Tokens: `admin` may view everything, `one` one flow, `plain` nothing, `ghost` a flow that is not there.
"""

import json
import socket
import sys

from django.conf import settings

ME = __name__
TOKENS = {"admin": None, "one": {"default-authentication-flow"}, "plain": set(), "ghost": {"nowhere"}}

settings.configure(
    ALLOWED_HOSTS=["*"],
    APPEND_SLASH=False,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "django_filters"],
    LOGGING_CONFIG=None,
    MIDDLEWARE=[
        f"{ME}.nobody_lives_there",
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [f"{ME}.Bearer"],
        "DEFAULT_FILTER_BACKENDS": [
            f"{ME}.Visible",
            "django_filters.rest_framework.DjangoFilterBackend",
            "rest_framework.filters.OrderingFilter",
            "rest_framework.filters.SearchFilter",
        ],
        "DEFAULT_PARSER_CLASSES": ["drf_orjson_renderer.parsers.ORJSONParser"],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["drf_orjson_renderer.renderers.ORJSONRenderer"],
    },
    ROOT_URLCONF=ME,
    SECRET_KEY="of-no-use",
    USE_TZ=True,
)

import django  # noqa: E402

django.setup()

import uvicorn  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.exceptions import DisallowedHost  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import HttpResponse, HttpResponseNotFound  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.generic import View  # noqa: E402
from rest_framework import authentication, exceptions, filters  # noqa: E402


def nobody_lives_there(get_response):
    """Find nothing under a host that cannot be."""

    def middleware(request):
        try:
            request.get_host()
        except DisallowedHost:
            return HttpResponseNotFound()
        return get_response(request)

    return middleware


class Caller:
    is_authenticated = is_active = True

    def __init__(self, keys):
        self.keys = keys


class Bearer(authentication.BaseAuthentication):
    def authenticate(self, request):
        scheme, space, token = (
            authentication.get_authorization_header(request).decode("utf-8", "replace").strip().partition(" ")
        )
        if not space:
            return None
        if scheme.lower() != "bearer":
            raise exceptions.AuthenticationFailed("Unsupported authentication type")
        if token not in TOKENS:
            raise exceptions.AuthenticationFailed("Token invalid/expired")
        return Caller(TOKENS[token]), None


class Visible(filters.BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        keys = getattr(request.user, "keys", set())
        if keys is None:
            return queryset
        visible = queryset.filter(slug__in=keys)
        if not visible.exists():
            raise exceptions.PermissionDenied
        return visible


# The framework looks for the classes above as these are imported.
from rest_framework import routers, serializers, viewsets  # noqa: E402


def one_of(*values, **more):
    return models.TextField(choices=[(value, value) for value in values], **more)


class Flow(models.Model):
    flow_uuid = models.UUIDField(primary_key=True, editable=False)
    name = models.TextField()
    slug = models.SlugField(unique=True)
    title = models.TextField()
    designation = one_of(
        "authentication",
        "authorization",
        "invalidation",
        "enrollment",
        "unenrollment",
        "recovery",
        "stage_configuration",
    )
    layout = one_of("stacked", "content_left", "content_right", "sidebar_left", "sidebar_right", default="stacked")
    denied_action = one_of("message_continue", "message", "continue", default="message_continue")
    compatibility_mode = models.BooleanField(default=False)

    class Meta:
        app_label = "auth"


class FlowSerializer(serializers.ModelSerializer):
    class Meta:
        model = Flow
        fields = ("pk", "name", "slug", "title", "designation", "layout", "denied_action", "compatibility_mode")


class Flows(viewsets.ModelViewSet):
    queryset = Flow.objects.all()
    serializer_class = FlowSerializer
    lookup_field = "slug"
    search_fields = ("name", "slug", "designation", "title")
    filterset_fields = ("flow_uuid", "name", "slug", "designation", "denied_action")

    def perform_update(self, _serializer):
        raise exceptions.PermissionDenied

    def perform_destroy(self, _flow):
        raise exceptions.PermissionDenied


def page(status):
    """A page that knows GET, HEAD and OPTIONS, whatever went wrong."""

    class Page(View):
        def get(self, _request):
            return HttpResponse("<h1>page</h1>", status=status)

    return lambda request, exception=None: Page.as_view()(request)


handler400, handler404 = page(400), page(404)
router = routers.DefaultRouter()
router.include_format_suffixes = False
router.register("flows/instances", Flows)
urlpatterns = [path("api/v3/", include(router.urls))]

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Flow)
    fields = set(FlowSerializer.Meta.fields) - {"pk"}
    for flow in json.load(sys.stdin):
        Flow.objects.create(flow_uuid=flow["pk"], **{name: flow[name] for name in fields})
    connection.close()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(get_asgi_application(), http="httptools", lifespan="off", log_level="error")
    uvicorn.Server(config).run(sockets=[listener])
