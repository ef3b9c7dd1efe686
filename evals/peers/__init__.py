"""The systems ScaFE is compared with, one file each."""
