"""Software bills of materials: what an image consists of, in the formats that other tools read."""
