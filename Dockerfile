# The command line in a container, as a user without rights:
#   docker build -t mediapreflight .
#   docker run --rm -v "$PWD:/work" mediapreflight check --model emo-v1 image=portrait.jpg audio=voice.mp3
# What writes to the folder (`--out`) needs `--user "$(id -u):$(id -g)"`. `--build-arg EXTRAS=` leaves out what finds people and the
# ffmpeg program, which are most of the image; `--build-arg EXTRAS=ffmpeg` what finds people.
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ARG EXTRAS=people,ffmpeg
COPY pyproject.toml README.md LICENSE /source/
COPY src /source/src
RUN python -m venv --without-pip /opt/mediapreflight \
    && python -m pip --python /opt/mediapreflight install --no-cache-dir --quiet "/source${EXTRAS:+[$EXTRAS]}"

FROM python:${PYTHON}
ARG EXTRAS=people,ffmpeg
# What finds people links to these; nothing else needs any. Debian takes old versions of a package away.
# hadolint ignore=DL3008
RUN case ",$EXTRAS," in *,people,*) \
        apt-get update -qq \
        && apt-get install -y -qq --no-install-recommends libegl1 libgl1 libgles2 libglib2.0-0 \
        && rm -rf /var/lib/apt/lists/* ;; \
    esac \
    && useradd --create-home --uid 10001 mediapreflight
COPY --from=build /opt/mediapreflight /opt/mediapreflight
ENV PATH=/opt/mediapreflight/bin:$PATH HOME=/home/mediapreflight
USER 10001
WORKDIR /work
ENTRYPOINT ["mediapreflight"]
CMD ["--help"]
