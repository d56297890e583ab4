# The mock in a container: docker build -t flowmock . && docker run --rm -p 127.0.0.1:8000:8000 flowmock
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY mock mock
COPY src src
COPY spec spec
RUN pip install --no-cache-dir --prefix=/installed .

FROM python:3.13-slim
COPY --from=build /installed /usr/local
RUN useradd --create-home mock
USER mock
WORKDIR /home/mock
ENV FLOWCONTRACT_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=5s --start-period=5s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/__mock__/health').close()"]
# Exec form: the mock is told of a stop, and ends in good order.
ENTRYPOINT ["flowcontract", "mock"]
