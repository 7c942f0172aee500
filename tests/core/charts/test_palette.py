from core.charts.palette import CAT, DOG, class_colours


def test_cats_and_dogs_have_their_own_colours_wherever_they_stand():
    assert class_colours(["dog", "cat"]) == {"dog": DOG, "cat": CAT}
    many = class_colours(["birds", "cats", "dogs", "rabbits"])
    assert (many["cats"], many["dogs"]) == (CAT, DOG)
    assert len(set(many.values())) == 4
    assert len(class_colours([str(i) for i in range(30)])) == 30
