"""The Inception line, as torchvision, timm and Cadene name its layers."""

from brickwork.weights.names.rules import FC, LAST_LINEAR, Rule, by_rules, plus

NORM: Rule = (r"\.norm$", ".bn")
COUNTED: tuple[Rule, ...] = ((r"\.conv(\d)$", r"_\1.conv"), (r"\.norm(\d)$", r"_\1.bn"), NORM)
FROM_ZERO: tuple[Rule, ...] = (
    (r"\.(?=conv\d$)conv(\d)$", lambda match: f".{int(match[1]) - 1}.conv"),
    (r"\.(?=norm\d$)norm(\d)$", lambda match: f".{int(match[1]) - 1}.bn"),
    NORM,
)

GOOGLENET = by_rules(
    (r"^stage1\.", "conv1."),
    (r"^stage2\.(conv|norm)1$", r"conv2.\1"),
    (r"^stage2\.(conv|norm)2$", r"conv3.\1"),
    (r"^stage\d\.", "inception"),
    (r"path4\.", "branch4.1."),
    (r"path(\d)", r"branch\1"),
    *FROM_ZERO,
    (r"^side(\d)\.(conv|norm|bn)$", r"aux\1.conv.\2"),
    (r"^side(\d)\.linear", r"aux\1.fc"),
    *FC,
)

INCEPTION_V3_BODY: tuple[Rule, ...] = (
    (r"^stem\.(conv|norm)1$", r"Conv2d_1a_3x3.\1"),
    (r"^stem\.(conv|norm)2$", r"Conv2d_2a_3x3.\1"),
    (r"^stem\.(conv|norm)3$", r"Conv2d_2b_3x3.\1"),
    (r"^stem\.(conv|norm)4$", r"Conv2d_3b_1x1.\1"),
    (r"^stem\.(conv|norm)5$", r"Conv2d_4a_3x3.\1"),
    (r"^(stage_a\.5.)\.path1", r"\1.branch1x1"),
    (r"^(stage_a\.5.)\.path2", r"\1.branch5x5"),
    (r"^(stage_a\.5.)\.path3", r"\1.branch3x3dbl"),
    (r"^reduce_a\.path1", "Mixed_6a.branch3x3"),
    (r"^reduce_a\.path2", "Mixed_6a.branch3x3dbl"),
    (r"^(stage_b\.6.)\.path1", r"\1.branch1x1"),
    (r"^(stage_b\.6.)\.path2", r"\1.branch7x7"),
    (r"^(stage_b\.6.)\.path3", r"\1.branch7x7dbl"),
    (r"^reduce_b\.path1", "Mixed_7a.branch3x3"),
    (r"^reduce_b\.path2", "Mixed_7a.branch7x7x3"),
    (r"^(stage_c\.7.)\.path1", r"\1.branch1x1"),
    (r"^(stage_c\.7.)\.path2\.0\.path1", r"\1.branch3x3_2a"),
    (r"^(stage_c\.7.)\.path2\.0\.path2", r"\1.branch3x3_2b"),
    (r"^(stage_c\.7.)\.path2", r"\1.branch3x3_1"),
    (r"^(stage_c\.7.)\.path3\.0\.path1", r"\1.branch3x3dbl_3a"),
    (r"^(stage_c\.7.)\.path3\.0\.path2", r"\1.branch3x3dbl_3b"),
    (r"^(stage_c\.7.)\.path3", r"\1.branch3x3dbl"),
    (r"path4", "branch_pool"),
    (r"^stage_.\.", "Mixed_"),
    (r"^side1\.(conv|norm)(\d)$", lambda match: f"AuxLogits.conv{int(match[2]) - 1}.{match[1]}"),
    (r"^side1\.linear$", "AuxLogits.fc"),
    *COUNTED,
)
INCEPTION_V3 = by_rules(*INCEPTION_V3_BODY, *FC)
INCEPTION_V3_CADENE = by_rules(*INCEPTION_V3_BODY, *LAST_LINEAR)

INCEPTION_V4 = by_rules(
    (r"^stem\.(conv|norm)(\d)$", lambda match: f"features.{int(match[2]) - 1}.{match[1]}"),
    (r"^stem\.0\.path2", "features.3.conv"),
    (r"^stem\.1\.path", "features.4.path"),
    (r"^stem\.2\.path1", "features.5.conv"),
    (r"^stage_a\.(\d)", plus("features.", 6)),
    (r"^reduce_a", "features.10"),
    (r"^stage_b\.(\d)", plus("features.", 11)),
    (r"^reduce_b", "features.18"),
    (r"^stage_c\.(\d)\.path([23])\.0\.path1", r"stage_c.\1.path\2_a"),
    (r"^stage_c\.(\d)\.path([23])\.0\.path2", r"stage_c.\1.path\2_b"),
    (r"^stage_c\.(\d)\.path2_(a|b)", r"stage_c.\1.branch1_1\2"),
    (r"^stage_c\.(\d)\.path3_(a|b)", r"stage_c.\1.branch2_3\2"),
    (r"^stage_c\.(\d)\.path2\.", r"stage_c.\1.branch1_0."),
    (r"^stage_c\.(\d)\.path3\.(conv|norm)(\d)", lambda m: f"stage_c.{m[1]}.branch2_{int(m[3]) - 1}.{m[2]}"),
    (r"^stage_c\.(\d)", plus("features.", 19)),
    (r"path4\.", "branch3.1."),
    (r"path(\d)", plus("branch", -1)),
    *FROM_ZERO,
    *LAST_LINEAR,
)

INCEPTION_RESNET_BODY: tuple[Rule, ...] = (
    (r"^stem\.(conv|norm)1$", r"conv2d_1a.\1"),
    (r"^stem\.(conv|norm)2$", r"conv2d_2a.\1"),
    (r"^stem\.(conv|norm)3$", r"conv2d_2b.\1"),
    (r"^stem\.(conv|norm)4$", r"conv2d_3b.\1"),
    (r"^stem\.(conv|norm)5$", r"conv2d_4a.\1"),
    (r"^stem\.0", "mixed_5b"),
    (r"^reduce_a", "mixed_6a"),
    (r"^reduce_b", "mixed_7a"),
    (r"^stage_c\.(conv|norm)$", r"conv2d_7b.\1"),
    (r"^stage_c\.9", "block8"),
    (r"^stage_a", "repeat"),
    (r"^stage_b", "repeat_1"),
    (r"^stage_c", "repeat_2"),
    (r"body\.conv$", "conv2d"),
    (r"body\.0\.", ""),
    (r"path4\.", "branch3.1."),
    (r"path(\d)", plus("branch", -1)),
    *FROM_ZERO,
)
INCEPTION_RESNET = by_rules(*INCEPTION_RESNET_BODY, (r"^head\.linear$", "classif"))
INCEPTION_RESNET_CADENE = by_rules(*INCEPTION_RESNET_BODY, *LAST_LINEAR)

INCEPTION_BN_CADENE = by_rules(
    (r"^stage1\.", "conv1_7x7_s2."),
    (r"^stage2\.(conv|norm)1$", r"conv2_3x3_reduce.\1"),
    (r"^stage2\.(conv|norm)2$", r"conv2_3x3.\1"),
    (r"^stage\d\.(3c|4e)\.path2", r"inception_\1_path3"),  # the two that halve have no 1x1 path
    (r"^stage\d\.(3c|4e)\.path1", r"inception_\1_path2"),
    (r"^stage\d\.(\d.)\.", r"inception_\1_"),
    (r"path1", "1x1"),
    (r"path2\.(conv|norm)1$", r"3x3_reduce.\1"),
    (r"path2\.(conv|norm)2$", r"3x3.\1"),
    (r"path3\.(conv|norm)1$", r"double_3x3_reduce.\1"),
    (r"path3\.(conv|norm)2$", r"double_3x3_1.\1"),
    (r"path3\.(conv|norm)3$", r"double_3x3_2.\1"),
    (r"path4", "pool_proj"),
    (r"\.conv$", ""),
    (r"\.norm$", "_bn"),
    *LAST_LINEAR,
)
