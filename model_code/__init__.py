"""Your own transformers and estimators: a file here is a module that trainer and api both have.

Import it in the model's file as `from model_code.my_transform import MyTransform`, and name it there in `code=`.
"""
