"""The sound of episodes, kept on this computer only where the owner said so in as many words."""
