"""`python -m deploy.rendered FOLDER`: what the chart makes of its values, in each size, as files.

For whoever wants to read it, or to judge it with a tool that reads Kubernetes' own files.
"""

import sys
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart

CHART = Path(__file__).parent / "helm"
SIZES = {"usual": (), "small": ("values-small.yaml",), "large": ("values-large.yaml",)}


def rendered(*files: str, **changes: Any) -> list[dict[str, Any]]:
    """What the chart makes of its own values, of these files above them, and of these changes."""
    values: dict[str, Any] = {}
    for file in files:
        values |= yaml.safe_load((CHART / file).read_text())
    made = Chart.load(CHART).render(values | changes, name="tio", namespace="tio")
    documents = (one for text in made.values() for one in yaml.safe_load_all(text))
    return [document for document in documents if document]


def main(folder: Path) -> None:
    """Write every size into a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = f"sha256:{'0' * 64}"
    for size, files in SIZES.items():
        documents = rendered(*files, image={"repository": "tio-pathway", "digest": digest})
        (folder / f"{size}.yaml").write_text(yaml.safe_dump_all(documents))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
