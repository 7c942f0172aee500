"""Where photos come from: folders in every layout, archives, uploads, own classes."""
