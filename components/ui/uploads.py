"""What every input for pictures offers and says."""

from app.kit.i18n import N_

PICTURE_TYPES = "image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif,.heic,.heif,.avif"
"""What a file dialogue offers; many systems know no type for HEIC, so names are given too."""
UPLOAD_FAILED = N_("The picture did not arrive. Check the connection, then try again.")
