"""Systems: what makes audio from a prompt. One file each; a file's table ``SYSTEMS`` names its values."""
