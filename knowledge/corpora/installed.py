"""Where an installed `efaqa_corpus_zh` keeps its corpus, which only those who have a licence of its makers can fetch.

The package downloads its data when it is imported, and prints and reads all of it then; so it is found without being imported,
and Hearth downloads nothing of it.
"""

import importlib.util
from pathlib import Path

from common.errors import UnreadableFile

PACKAGE = "efaqa_corpus_zh"
_DATA = Path("data") / "efaqa-corpus-zh.utf8.gz"


def installed_efaqa() -> Path:
    """The file of the installed corpus. Raises `UnreadableFile`, which says how to come by it."""
    spec = importlib.util.find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise UnreadableFile(
            f"The package {PACKAGE!r} is not installed. Run `pip install efaqa-corpus-zh`, or name the corpus file.",
            f"没有安装 {PACKAGE!r}。请运行 `pip install efaqa-corpus-zh`，或直接给出语料文件的路径。",
        )
    path = Path(folders[0]) / _DATA
    if not path.is_file():
        raise UnreadableFile(
            f"The package {PACKAGE!r} has no data yet ({str(path)!r}). Its makers license it: set EFAQA_DL_LICENSE to your "
            f"licence and run `python -c 'import {PACKAGE}'` once, which downloads it.",
            f"{PACKAGE!r} 还没有数据（{str(path)!r}）。数据需要作者的授权：把 EFAQA_DL_LICENSE 设为你的证书，"
            f"运行一次 `python -c 'import {PACKAGE}'` 下载数据。",
        )
    return path
