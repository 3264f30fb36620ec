"""Settings: one TOML file, the environment over it, every error at once. The only place that reads passwords."""
