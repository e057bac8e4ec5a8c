"""The only place that knows how Blender versions differ; each function tests for a capability, never for a number."""
