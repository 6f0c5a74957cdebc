"""The lullaby: when to play (policy, PURE), what (tracks), through what (player), and who does it (soother)."""
