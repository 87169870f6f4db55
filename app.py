"""Start Hearth: arguments -> Settings -> build_studio -> create_app -> serve; nothing else."""

import gc
import os
import sys

# Libraries read these when they are imported: none of them may look outside by itself.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Gradio asks matplotlib for its backend at the first event, which tries out windows for a second unless it is named.
os.environ.setdefault("MPLBACKEND", "agg")


def main(arguments: list[str]) -> int:
    """Serve the page until it is stopped; returns the exit status."""
    from assistant.settings import read_settings
    from assistant.studio import build_studio
    from common.errors import HearthError
    from server.app import create_app, serve

    settings = read_settings(arguments, os.environ)
    try:
        studio = build_studio(settings)
        try:
            serve(create_app(studio), settings)
        finally:
            gc.freeze()  # closing collects, which takes long where all of it ends with the process anyway
            studio.close()
    except HearthError as error:
        print(error, file=sys.stderr)
        print(error.chinese, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # A model may still be loading in a thread of native code, which aborts an interpreter that is taken down under it.
    os._exit(status)
