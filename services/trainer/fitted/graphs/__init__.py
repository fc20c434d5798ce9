"""ONNX graphs of any maker: read, checked and joined to the inputs and outputs that the api asks for."""
