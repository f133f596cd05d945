import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.network import cost
from brickwork.network.historic import RadialBasis
from brickwork.zoo.brackets import shape


def test_a_name_with_arguments_is_the_familys_function_called_with_them() -> None:
    assert zoo.network("vgg11[batchnorm=true]").stages == zoo.families()["vgg11"]("vgg11", batchnorm=True).stages
    assert zoo.network("resnet20[ width = 0.5 ]").name == "resnet20[width=0.5]"
    assert cost(zoo.network("vgg11[batchnorm=true]")).params == 132_868_840


def test_input_and_classes_are_arguments_of_every_network() -> None:
    network = zoo.network("resnet18", input=(1, 64, 48), classes=7)
    assert (network.input, network.classes) == ((1, 64, 48), 7)
    assert cost(network).rows[-1].output == (7,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resnet5O", "unknown network 'resnet5O': did you mean 'resnet50'? See 'brickwork list'."),
        ("lenet", "unknown network 'lenet': did you mean 'lenet5'? See 'brickwork list lenet'."),
        ("zzzzzz", "unknown network 'zzzzzz': see 'brickwork list'."),
        ("resnet20[widht=0.5]", "resnet20 has no argument 'widht': did you mean 'width'?"),
        ("resnet20[width=wide]", "resnet20[width=wide]: width is a number."),
        ("resnet20[width=nan]", "resnet20[width=nan]: width is a number."),
        ("resnet50[stem=wide]", "resnet50[stem=wide]: stem is one of '7x7', 'deep', 'bare', 'caffe'."),
        ("vgg11[batchnorm=maybe]", "vgg11[batchnorm=maybe]: batchnorm is true or false."),
        (
            "resnet20[width=-1]",
            "resnet20: width is a factor on all channel numbers, above 0 and at most 1,000,000, not -1.0.",
        ),
        (
            "resnet20[width=1e308]",
            "resnet20: width is a factor on all channel numbers, above 0 and at most 1,000,000, not 1e+308.",
        ),
        ("resnet20[drop=2]", "drop=2.0: the last block's chance to be dropped is at least 0 and less than 1."),
        (
            "resnext50_32x4d[width=0.1]",
            "resnext50_32x4d[width=0.1]: Conv: 13 channels cannot be made in 32 groups. "
            "The nearest widths that work: 0.25.",
        ),
        ("resnet20[0.5]", "resnet20[0.5]: '0.5' is no argument: write it as in 'resnet20[width=0.5]'."),
        ("resnet20[width=1,width=2]", "resnet20[width=1,width=2]: 'width' is given twice."),
        ("resnet20[", "'resnet20[' is no network's name: write it as in 'resnet20' or 'resnet20[width=0.5]'."),
    ],
)
def test_a_wrong_name_or_argument_is_answered_with_the_right_one(text: str, message: str) -> None:
    with pytest.raises(BrickworkError) as caught:
        zoo.network(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    ["resnet20[flavor=conv norm + relu]", " resnet20 [ drop = 0.1 , width=2 ]", "resnet20[]", "resnet50[stem='7x7']"],
)
def test_a_networks_name_gives_the_network_again(text: str) -> None:
    network = zoo.network(text)
    assert zoo.network(network.name) == network


def test_there_are_codes_for_so_many_classes_and_no_more() -> None:
    (codes,) = (
        layer.codes for _, layer in zoo.network("lenet5_1998", classes=840).layers() if isinstance(layer, RadialBasis)
    )
    assert len(set(codes)) == 840
    with pytest.raises(BrickworkError, match="codes for 840 classes at most, not 841"):
        zoo.network("lenet5_1998", classes=841)


def test_an_input_is_written_with_three_numbers_or_fewer() -> None:
    assert shape("3x224x224") == (3, 224, 224)
    assert shape("1X28") == (1, 28, 28)
    assert shape("64") == (3, 64, 64)
    for text in ("", "3x", "axbxc", "0x8x8", "1x2x3x4", "-1x8x8", "\N{SUPERSCRIPT TWO}x8x8", "3x" + "9" * 5000):
        with pytest.raises(BrickworkError, match="write channels x height x width, as in 3x224x224"):
            shape(text)


def test_names_match_a_pattern() -> None:
    assert zoo.names("vgg1?") == ["vgg11", "vgg13", "vgg16", "vgg19"]
    assert len(zoo.names()) == len(set(zoo.names())) > 18
