"""Coarse classes that follow from the fine ones of well-known image sets."""

from collections.abc import Sequence

import torch
from torch import Tensor

ANIMALS = "bird cat deer dog frog horse monkey".split()
VEHICLES = "airplane automobile car ship truck".split()
PARITY = {"even": list("02468"), "odd": list("13579")}

#: the 20 superclasses of CIFAR-100 (Krizhevsky 2009)
SUPERCLASSES = {
    "aquatic mammals": "beaver dolphin otter seal whale",
    "fish": "aquarium_fish flatfish ray shark trout",
    "flowers": "orchid poppy rose sunflower tulip",
    "food containers": "bottle bowl can cup plate",
    "fruit and vegetables": "apple mushroom orange pear sweet_pepper",
    "household electrical devices": "clock keyboard lamp telephone television",
    "household furniture": "bed chair couch table wardrobe",
    "insects": "bee beetle butterfly caterpillar cockroach",
    "large carnivores": "bear leopard lion tiger wolf",
    "large man-made outdoor things": "bridge castle house road skyscraper",
    "large natural outdoor scenes": "cloud forest mountain plain sea",
    "large omnivores and herbivores": "camel cattle chimpanzee elephant kangaroo",
    "medium-sized mammals": "fox porcupine possum raccoon skunk",
    "non-insect invertebrates": "crab lobster snail spider worm",
    "people": "baby boy girl man woman",
    "reptiles": "crocodile dinosaur lizard snake turtle",
    "small mammals": "hamster mouse rabbit shrew squirrel",
    "trees": "maple_tree oak_tree palm_tree pine_tree willow_tree",
    "vehicles 1": "bicycle bus motorcycle pickup_truck train",
    "vehicles 2": "lawn_mower rocket streetcar tank tractor",
}

#: set -> coarse class -> its fine classes, by torchvision's names
COARSE: dict[str, dict[str, list[str]]] = {
    "FashionMNIST": {
        "tops": ["T-shirt/top", "Pullover", "Coat", "Shirt"],
        "trousers": ["Trouser"],
        "dresses": ["Dress"],
        "shoes": ["Sandal", "Sneaker", "Ankle boot"],
        "bags": ["Bag"],
    },
    "CIFAR10": {"animal": ANIMALS, "vehicle": VEHICLES},
    "STL10": {"animal": ANIMALS, "vehicle": VEHICLES},
    "CIFAR100": {name: members.split() for name, members in SUPERCLASSES.items()},
    **dict.fromkeys(("MNIST", "QMNIST", "USPS", "SVHN", "SEMEION"), PARITY),
}


def coarse_of(dataset: str, classes: Sequence[str]) -> tuple[list[str], Tensor]:
    """The coarse classes of a set that has some, and for each of its classes the number of the coarse one."""
    groups = COARSE[dataset]
    number = {fine: position for position, members in enumerate(groups.values()) for fine in members}
    return list(groups), torch.tensor([number[name] for name in classes])
