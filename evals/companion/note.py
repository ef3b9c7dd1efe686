"""Which companion it is, as a bundle and a trace name it: no path, no pixel."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Where = Literal["mask", "whole"]
Kind = Literal["colour_texture", "onnx"]


class CompanionNote(BaseModel):
    """Kind, place and hashes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    where: Where = Field(description="mask: inside the mask, or a network's crop around it; whole: the image")
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="of the ONNX file")
    config_sha256: str = Field(
        default="", pattern=r"^([0-9a-f]{64})?$", description="of how the network is shown an image"
    )
    file: str = Field(default="", max_length=200, description="name of the ONNX file, which is not copied")
    name: str = Field(default="", max_length=200, description="of the network, as its config.json says")
    licence: str = Field(default="", max_length=200)

    @property
    def title(self) -> str:
        """Name it in a table."""
        if self.kind == "colour_texture":
            return "colour and texture, " + ("inside the mask" if self.where == "mask" else "whole image")
        return f"{self.name}, " + ("crop of the lesion" if self.where == "mask" else "whole image")
