# The workflow and all that it needs, in the versions of requirements-unet.lock; docs/containers.md tells
# how to build and run it. apptainer.def does the same for Apptainer.
FROM python:3.11-slim-bookworm

WORKDIR /opt/immunostain
COPY requirements-unet.lock ./
# Taken from the command line of the build, for PyTorch without CUDA and a far smaller image.
ARG PIP_EXTRA_INDEX_URL
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir -r requirements-unet.lock

COPY LICENSE ./
COPY resources/models resources/models
COPY workflow workflow
# Who runs it may not write here, so what Python would write is written now.
RUN /opt/venv/bin/python -m compileall -q workflow

# Any user can run it, one without a name too: nothing is written but to the mounted folder and /tmp.
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp LOGNAME=user
WORKDIR /data
USER 1000:1000
ENTRYPOINT ["snakemake", "--snakefile", "/opt/immunostain/workflow/Snakefile"]
CMD ["--cores", "all"]
