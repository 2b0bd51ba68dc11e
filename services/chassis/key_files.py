"""Files that hold a key: whole from the first moment, private, and never written twice."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_once(path: Path, content: str) -> None:
    """Create the file, or leave the one that is already there; of several at once one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # made with mode 0600
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(file.name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(file.name)
