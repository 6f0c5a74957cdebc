"""Model channel: signed models from the owner's bucket or folder, heard in the shadow before one may decide."""
