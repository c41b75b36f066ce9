"""Training a UNet on annotated pictures: examples, augmentation, schedule, model card.

Which pictures there are is found by `evaluation`, which also judges the network.
"""
