"""Write the JSON Schema of a pack beside the packs: `python -m scafe.knowledge.criteria.write_schema`."""

from importlib import resources
from pathlib import Path

from scafe.knowledge.criteria.pack import pack_json_schema


def main() -> None:
    """Write packs/criteria-pack.schema.json."""
    folder = Path(str(resources.files("scafe.knowledge"))) / "packs"
    (folder / "criteria-pack.schema.json").write_text(pack_json_schema(), encoding="utf-8")


if __name__ == "__main__":
    main()
