"""How each world of packages orders its versions: exact, fast sort keys, one module a world."""
