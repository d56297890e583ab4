# The mock and the gate in one image.
#   docker build -t flowcontract .
#   docker run --rm -p 127.0.0.1:8000:8000 -v "$PWD:/work" flowcontract                              the mock
#   docker run --rm --network host -v "$PWD:/work" flowcontract gate http://127.0.0.1:8000           the gate
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY mock mock
COPY src src
COPY spec spec
RUN pip install --no-cache-dir --prefix=/installed --require-hashes --requirement constraints.txt \
    && pip install --no-cache-dir --prefix=/installed --no-deps .

FROM python:3.13-slim
COPY --from=build /installed /usr/local
RUN useradd --create-home flowcontract && mkdir /work && chown flowcontract /work
USER flowcontract
# Documents and flowcontract.toml are read from here.
WORKDIR /work
ENV FLOWCONTRACT_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=5s --start-period=5s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/__mock__/health').close()"]
# Exec form: the mock receives the signal to stop, and ends in good order.
ENTRYPOINT ["flowcontract"]
CMD ["mock"]
