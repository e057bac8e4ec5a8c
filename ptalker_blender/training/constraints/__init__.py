"""The constraints on the codes, one a module: what PTalker and Mimic add to reconstruction.

Everything here is a plain function of tensors or a small module with its own parameters; nothing knows the network.
The weights are the caller's. All means are over the batch, so a constraint's size does not grow with it.
"""
