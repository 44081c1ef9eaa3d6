"""The documented limits of the models of other providers, transcribed by hand like those of `table.py`.

Their jobs are checked and prepared here and not sent, so there are no paths, rates, prices or regions. A provider's own figure is
documented; a tighter one of a client is safe. Where only a client states a figure, it is documented. `formats=()`: none is known.
Two files, or a file and a text, of which exactly one is given: both may be left out, and one is asked for where the other is not.
"""

from collections.abc import Mapping
from typing import Any

from .limits import (
    Alike,
    Bound,
    Choice,
    Model,
    Number,
    Parameter,
    Role,
    Switch,
    Text,
    Together,
    aspect,
    file_size,
    lasting,
    sides,
    travelling,
    up_to,
)

_JPEG_PNG = ("jpeg", "png")
_JPEG_PNG_WEBP = (*_JPEG_PNG, "webp")
_MP4_MOV = ("mp4", "mov")
_WAV_MP3 = ("wav", "mp3")
_WAV_MP3_M4A = (*_WAV_MP3, "m4a")
_OPTIONAL = {"required": False}


# A megabyte of other providers is as undefined, and `oss://` is the storage of another one.
def _picture(formats: tuple[str, ...], *bounds: Bound, **terms: Any) -> Role:
    return Role("image", formats, bounds, oss=False, **terms)


def _video(formats: tuple[str, ...], *bounds: Bound, **terms: Any) -> Role:
    return Role("video", formats, bounds, oss=False, **terms)


def _audio(formats: tuple[str, ...], *bounds: Bound, **terms: Any) -> Role:
    return Role("audio", formats, bounds, oss=False, **terms)


def _at_least(role: str, side: int) -> Bound:
    return Bound(role, "side", low=side)


# --- Kling: Base64 without the `data:` prefix, which no `data:` URL is -----------------------------------------------------


def _kling_picture(role: str, **terms: Any) -> Role:
    return _picture(_JPEG_PNG, file_size(role, 10), _at_least(role, 300), aspect(role, 2.5), **terms)


_KLING_TEXT = {"prompt": Text(2500, "error")}
_KLING_MODE = {"mode": Choice(("std", "pro"), None)}
_KLING_FIVE_TEN = Choice(("5", "10"), None)


def _kling(duration: Choice) -> Model:
    return Model(
        roles={
            "first_frame": _kling_picture("first_frame"),
            # "The same size limits"; formats and ratio are not repeated.
            "last_frame": _picture((), file_size("last_frame", 10), _at_least("last_frame", 300), **_OPTIONAL),
        },
        fields=_KLING_TEXT,
        parameters={**_KLING_MODE, "duration": duration},
    )


_KLING_MODELS = {
    **dict.fromkeys(
        (
            *("kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master"),
            *("kling-v2-5-turbo", "kling-v2-6"),
        ),
        _kling(_KLING_FIVE_TEN),
    ),
    "kling-v3": _kling(Choice(tuple(str(seconds) for seconds in range(3, 16)), None)),
    "kling-3.0-turbo": Model(
        roles={"first_frame": _picture((), _at_least("first_frame", 300), aspect("first_frame", 2.5))},
        parameters={"resolution": Choice(("720p", "1080p"), None), "duration": Number(3, 15, None)},
    ),
    **dict.fromkeys(
        ("kling-v3-omni", "kling-video-o1"),
        Model(
            roles={
                "reference_image": _picture((), _at_least("reference_image", 300), aspect("reference_image", 2.5), **up_to(7)),
                "reference_video": _video(
                    (), lasting("reference_video", 3, 10.05), sides("reference_video", 720, 2160), **_OPTIONAL
                ),
            },
            parameters={"duration": Number(3, 15, None)},
            depending={"duration": (("reference_video", Number(3, 10, None)),)},
            together=(Together(("reference_image",), files=(0, 4), when="reference_video"),),
        ),
    ),
    "kling-avatar": Model(
        roles={
            "image": _kling_picture("image"),
            "audio": _audio((*_WAV_MP3_M4A, "aac"), file_size("audio", 5), lasting("audio", 2, 300), **_OPTIONAL),
        },
        fields=_KLING_TEXT,
        parameters=_KLING_MODE,
        unlimited={"audio_id": "string"},
        required_when={"audio_id": ("no audio",)},
        sets=("image + audio", "image + audio_id"),
    ),
    "kling-advanced-lip-sync": Model(
        roles={
            "video": _video(_MP4_MOV, file_size("video", 100), lasting("video", 2, 60), sides("video", 512, 2160), **_OPTIONAL),
            "audio": _audio(_WAV_MP3_M4A, file_size("audio", 5), lasting("audio", 2, 60), **_OPTIONAL),
        },
        unlimited={"video_id": "string", "audio_id": "string"},
        required_when={"video_id": ("no video",), "audio_id": ("no audio",)},
        sets=tuple(f"{video} + {audio}" for video in ("video", "video_id") for audio in ("audio", "audio_id")),
    ),
    "kling-lip-sync": Model(
        roles={
            "video": _video(_MP4_MOV, file_size("video", 100), lasting("video", 2, 10), sides("video", 720, 1920)),
            "audio": _audio((*_WAV_MP3_M4A, "aac"), file_size("audio", 5), **_OPTIONAL),
        },
        fields={"text": Text(120, "error")},
        parameters={"voice_speed": Number(0.8, 2, None, integer=False)},
        required_when={"text": ("no audio",)},
    ),
    "kling-multi-elements": Model(
        roles={
            "reference_image": _picture(
                _JPEG_PNG, file_size("reference_image", 10), _at_least("reference_image", 300), **_OPTIONAL
            ),
            "video": _video(
                (),
                lasting("video", 2, 10),
                Bound("video", "duration", 2, 5, when="duration=5"),
                Bound("video", "duration", 7, 10, when="duration=10"),
            ),
        },
        fields=_KLING_TEXT,
        parameters={"duration": _KLING_FIVE_TEN},
    ),
    "kling-motion-control": Model(
        roles={
            "image": _picture(
                _JPEG_PNG, file_size("image", 10), Bound("image", "side", low=300, safe_low=340), aspect("image", 2.5)
            ),
            "video": _video(
                _MP4_MOV,
                file_size("video", 100),
                sides("video", 340, 3850),
                lasting("video", 3, 30),
                Bound("video", "duration", 3, 10, when="character_orientation=image"),
            ),
        },
        fields=_KLING_TEXT,
        parameters={**_KLING_MODE, "character_orientation": Choice(("image", "video"), None)},
        unlimited={"keep_original_sound": "string"},
    ),
    "fal-kling-video": Model(
        roles={"image": _picture((), file_size("image", 10), _at_least("image", 300), aspect("image", 2.5))}
    ),
}


# --- Runway: 200 MB where the file is uploaded; less as a URL or inside the request ----------------------------------------


def _runway_picture(role: str, *bounds: Bound, formats: tuple[str, ...] = (), **terms: Any) -> Role:
    return _picture(formats, file_size(role, 200), *travelling(role, url=16, data=5), *bounds, base64=True, **terms)


def _runway_video(role: str, *bounds: Bound, **terms: Any) -> Role:
    return _video((), file_size(role, 200), *travelling(role, url=32, data=16), *bounds, base64=True, **terms)


_GEN4_IMAGE = _runway_picture(
    "image", Bound("image", "side", high=8000, high_open=True), aspect("image", 2), formats=_JPEG_PNG_WEBP
)
_RUNWAY_TEXT = {"promptText": Text(1000, "error", utf16=True)}

_RUNWAY_MODELS = {
    "gen4_turbo": Model(
        roles={"image": _GEN4_IMAGE},
        fields=_RUNWAY_TEXT,
        parameters={
            "ratio": Choice(("1280:720", "720:1280", "1104:832", "832:1104", "960:960", "1584:672"), None),
            "duration": Choice((5, 10), None),
        },
        required_values=("ratio",),
    ),
    "gen4.5": Model(
        roles={"image": _GEN4_IMAGE},
        fields=_RUNWAY_TEXT,
        parameters={"duration": Number(2, 10, None)},
        unlimited={"ratio": "string"},
        required_values=("promptText", "ratio", "duration"),
    ),
    "gen3a_turbo": Model(
        roles={
            role: _runway_picture(role, Bound(role, "side", high=7999), aspect(role, 2)) for role in ("first_frame", "last_frame")
        },
        parameters={"ratio": Choice(("768:1280", "1280:768"), None), "duration": Choice((5, 10), None)},
    ),
    "act_two": Model(
        roles={
            "image": _runway_picture("image", **_OPTIONAL),
            "video": _runway_video("video", **_OPTIONAL),
            "reference_video": _runway_video("reference_video", lasting("reference_video", 3, 30)),
        },
        parameters={"expressionIntensity": Number(1, 5, None), "bodyControl": Switch(None)},
        unlimited={"ratio": "string"},
        sets=("image + reference_video", "video + reference_video"),
    ),
    "aleph2": Model(
        roles={
            "video": _runway_video("video", lasting("video", 2, 30), Bound("video", "fps", high=30)),
            "reference_image": _runway_picture("reference_image", **up_to(5)),
        },
        unlimited={"targetAspectRatio": "string"},
    ),
    **dict.fromkeys(
        ("veo3.1", "veo3.1_fast"),
        Model(
            roles={"first_frame": _runway_picture("first_frame"), "last_frame": _runway_picture("last_frame", **_OPTIONAL)},
            fields=_RUNWAY_TEXT,
            parameters={"duration": Choice((4, 6, 8), None)},
            unlimited={"ratio": "string"},
        ),
    ),
    "happyhorse_1_0": Model(
        roles={"first_frame": _runway_picture("first_frame")},
        parameters={"resolution": Choice(("720P", "1080P"), None)},
    ),
}

# --- Luma ------------------------------------------------------------------------------------------------------------------

_UNKNOWN_FRAMES = {role: _picture((), **_OPTIONAL) for role in ("first_frame", "last_frame")}
_RAY_TEXT: dict[str, Any] = {"fields": {"prompt": Text(6000, "error")}, "unlimited": {"resolution": "string"}}

_LUMA_MODELS = {
    **dict.fromkeys(
        ("ray-1-6", "ray-2", "ray-flash-2"),
        Model(
            roles=_UNKNOWN_FRAMES,
            parameters={
                "duration": Choice(("5s", "9s"), None),
                "resolution": Choice(("540p", "720p", "1080p", "4k"), None),
            },
            unlimited={"aspect_ratio": "string"},
        ),
    ),
    "luma-modify-video": Model(
        roles={"video": _video(()), "first_frame": _picture((), **_OPTIONAL)},
        parameters={
            "model": Choice(("ray-2", "ray-flash-2"), None),
            "mode": Choice(tuple(f"{way}_{degree}" for way in ("adhere", "flex", "reimagine") for degree in (1, 2, 3)), None),
        },
    ),
    "ray-3.2": Model(roles=_UNKNOWN_FRAMES, **_RAY_TEXT),
    "ray-3.2-edit": Model(roles={"video": _video((), Bound("video", "duration", high=18))}, **_RAY_TEXT),
    "ray-3.2-reframe": Model(roles={"video": _video((), Bound("video", "duration", high=30))}, **_RAY_TEXT),
}


# --- MiniMax: "< 20 MB", "short side > 300" --------------------------------------------------------------------------------


def _hailuo_frame() -> Role:
    role = "first_frame"
    bounds = (file_size(role, 20, strict=True), Bound(role, "side", low=300, low_open=True), aspect(role, 2.5))
    return _picture(_JPEG_PNG_WEBP, *bounds, base64=True)


def _hailuo(**more: Role) -> Model:
    return Model(
        roles={"first_frame": _hailuo_frame(), **more},
        fields={"prompt": Text(2000, "error")},
        parameters={"resolution": Choice(("512P", "768P", "1080P"), None), "duration": Choice((6, 10), None)},
        depending={"duration": (("resolution=1080P", Choice((6,), None)),)},
    )


def _h3_picture(role: str, **terms: Any) -> Role:
    return _picture((), sides(role, 256, 5760), aspect(role, 2.5), file_size(role, 30), **terms)


_ADAPTIVE = Choice(("adaptive",), None)
_MINIMAX_MODELS = {
    "MiniMax-Hailuo-02": _hailuo(last_frame=_picture((), **_OPTIONAL)),
    "MiniMax-Hailuo-2.3": _hailuo(),
    "MiniMax-Hailuo-2.3-Fast": _hailuo(),
    **dict.fromkeys(
        ("I2V-01", "I2V-01-Director", "I2V-01-live"),
        Model(roles={"first_frame": _hailuo_frame()}, fields={"prompt": Text(2000, "error")}),
    ),
    "S2V-01": Model(roles={"reference_image": _picture(())}),
    "MiniMax-H3": Model(
        request=64,
        roles={
            "first_frame": _h3_picture("first_frame", **_OPTIONAL),
            "last_frame": _h3_picture("last_frame", **_OPTIONAL),
            "reference_image": _h3_picture("reference_image", **up_to(9)),
            "reference_video": _video((), lasting("reference_video", 2, 15), file_size("reference_video", 50), **up_to(3)),
            "reference_audio": _audio((), lasting("reference_audio", 2, 15), file_size("reference_audio", 15), **up_to(3)),
        },
        fields={"prompt": Text(7000, "error")},
        parameters={"resolution": Choice(("768P", "2K"), None), "duration": Number(4, 15, None)},
        unlimited={"ratio": "string"},
        required_values=("resolution", "duration", "ratio"),
        depending={"ratio": (("first_frame", _ADAPTIVE), ("last_frame", _ADAPTIVE))},
        # Frames or references; the last frame alone is allowed, sound alone is not.
        sets=(
            "first_frame? + last_frame?",
            "reference_image + reference_video? + reference_audio?",
            "reference_video + reference_audio?",
        ),
        together=(
            Together(("reference_video",), seconds=15),
            Together(("reference_audio",), seconds=15),
            Together(("reference_image", "reference_video", "reference_audio"), files=(0, 12)),
        ),
    ),
}


# --- Vidu ------------------------------------------------------------------------------------------------------------------


def _vidu_picture(role: str, *bounds: Bound, **terms: Any) -> Role:
    return _picture(_JPEG_PNG_WEBP, aspect(role, 4), file_size(role, 50), *bounds, **terms)


_VIDU_PARAMETERS: dict[str, Parameter] = {
    "resolution": Choice(("540p", "720p", "1080p", "2K"), None),
    "duration": Number(1, 16, None),
}

_VIDU_MODELS = {
    "vidu-img2video": Model(roles={"image": _vidu_picture("image")}, parameters=_VIDU_PARAMETERS),
    "vidu-start-end2video": Model(
        roles={role: _vidu_picture(role) for role in ("first_frame", "last_frame")},
        parameters=_VIDU_PARAMETERS,
        alike=(Alike("first_frame", "last_frame", factor=1.25),),
    ),
    "vidu-reference2video": Model(
        roles={
            "reference_image": _picture((), _at_least("reference_image", 128), aspect("reference_image", 4), **up_to(7, least=1))
        },
        fields={"prompt": Text(2000, "error")},
        parameters={"duration": Number(1, 10, None)},
    ),
    # 4-60 s in a copy of the page, 4-55 s in a client.
    "vidu-extend": Model(
        roles={
            "video": _video((), Bound("video", "duration", 4, 60, safe_high=55)),
            "last_frame": _vidu_picture(
                "last_frame",
                _at_least("last_frame", 128),
                *travelling("last_frame", data=10, strict=True),
                base64=True,
                **_OPTIONAL,
            ),
        },
        parameters={"duration": Number(1, 7, None)},
    ),
    "vidu-multiframe": Model(
        roles={
            "first_frame": _picture((), aspect("first_frame", 4)),
            "last_frame": _picture((), aspect("last_frame", 4), **up_to(9, least=2)),
        }
    ),
}


# --- ByteDance -------------------------------------------------------------------------------------------------------------


def _seedance_picture(role: str, **terms: Any) -> Role:
    return _picture((), sides(role, 300, 6000), aspect(role, 2.5), file_size(role, 30), **terms)


def _seedance(shortest: int, roles: Mapping[str, Role], sets: tuple[str, ...] = ()) -> Model:
    return Model(
        roles=roles,
        parameters={"duration": Number(shortest, 12, None), "resolution": Choice(("480p", "720p", "1080p"), None)},
        unlimited={"ratio": "string"},
        request=64,
        sets=sets,
    )


_SEEDANCE_FRAMES = {
    "first_frame": _seedance_picture("first_frame"),
    "last_frame": _seedance_picture("last_frame", **_OPTIONAL),
}

_BYTEDANCE_MODELS = {
    "seedance-1-0-pro": _seedance(3, _SEEDANCE_FRAMES),
    "seedance-1-5-pro": _seedance(4, _SEEDANCE_FRAMES),
    "seedance-1-0-lite": _seedance(
        3,
        {
            "first_frame": _seedance_picture("first_frame", **_OPTIONAL),
            "last_frame": _seedance_picture("last_frame", **_OPTIONAL),
            "reference_image": _seedance_picture("reference_image", **up_to(4)),
        },
        sets=("first_frame + last_frame?", "reference_image"),
    ),
    # Sums of 15.1 and 15.2 s are what clients tolerate; the provider says 15.
    **dict.fromkeys(
        ("dreamina-seedance-2-0", "dreamina-seedance-2-0-fast", "dreamina-seedance-2-0-mini"),
        Model(
            roles={
                **_UNKNOWN_FRAMES,
                "reference_image": _picture((), **up_to(9)),
                "reference_video": _video(
                    (),
                    Bound("reference_video", "duration", low=1.8),
                    Bound("reference_video", "fps", 24, 60),
                    Bound("reference_video", "pixels", 409_600, 8_295_044),
                    file_size("reference_video", 200),
                    **up_to(3),
                ),
                "reference_audio": _audio(
                    (), Bound("reference_audio", "duration", low=1.8), file_size("reference_audio", 15), **up_to(3)
                ),
            },
            unlimited={"resolution": "string"},
            sets=("first_frame + last_frame?", "reference_image? + reference_video? + reference_audio?"),
            together=(Together(("reference_video",), seconds=15), Together(("reference_audio",), seconds=15)),
        ),
    ),
    "omnihuman-2.0": Model(
        roles={
            # "heic heif": one format, by two names.
            "image": _picture(
                (*_JPEG_PNG_WEBP, "bmp", "tiff", "gif", "heic"),
                file_size("image", 30, strict=True),
                sides("image", 300, 6000),
                aspect("image", 2.5),
            ),
            "audio": _audio(_WAV_MP3, file_size("audio", 15, strict=True), lasting("audio", 4, 300)),
        },
        parameters={"watermark": Switch(True)},
    ),
    # "< 30 s at 1080p, < 60 s at 720p" on one host's page, "< 35 s" on another's.
    "omnihuman-1.5": Model(
        roles={
            "image": _picture(()),
            "mask": _picture((), **_OPTIONAL),
            "audio": _audio(
                (),
                Bound("audio", "duration", high=60, high_open=True, safe_high=35),
                Bound("audio", "duration", high=35, high_open=True, safe_high=30, when="resolution=1080p"),
            ),
        },
        parameters={"resolution": Choice(("720p", "1080p"), "1080p")},
    ),
}

# --- Google, OpenAI, HeyGen ------------------------------------------------------------------------------------------------


def _heygen(roles: Mapping[str, Role], **terms: Any) -> Model:
    return Model(
        roles={**roles, "audio": _audio((), Bound("audio", "duration", high=600), **_OPTIONAL)},
        fields={"text": Text(5000, "error")},
        parameters={
            "resolution": Choice(("720p", "1080p"), None),
            "aspect_ratio": Choice(("auto", "16:9", "9:16", "1:1", "4:5", "5:4"), None),
        },
        required_when={"text": ("no audio",)},
        **terms,
    )


def _sora(*more: str) -> Model:
    sizes = ("720x1280", "1280x720", *more)
    return Model(
        roles={"image": _picture((), sizes=tuple(f"{size}={size}" for size in sizes), base64=True, **_OPTIONAL)},
        parameters={
            "size": Choice(sizes, "720x1280"),
            "seconds": Choice(("4", "8", "12"), "4"),
        },
    )


_LARGE_MODELS = {
    **dict.fromkeys(
        ("veo-3.1-generate", "veo-3.1-fast-generate", "veo-3.1-lite-generate"),
        Model(
            roles={
                role: _picture((), *travelling(role, data=20), base64=True, **count)
                for role, count in {"first_frame": _OPTIONAL, "last_frame": _OPTIONAL, "reference_image": up_to(3)}.items()
            },
            parameters={"durationSeconds": Choice((4, 6, 8), None), "aspectRatio": Choice(("16:9", "9:16"), None)},
            # `last_frame` "with first".
            sets=("", "reference_image", "first_frame + last_frame? + reference_image?"),
        ),
    ),
    "gemini-omni-flash": Model(
        roles={
            "reference_image": _picture((), **up_to(14)),
            "reference_video": _video((), Bound("reference_video", "duration", high=10), **up_to(3)),
        },
        request=90,
    ),
    "sora-2": _sora(),
    "sora-2-pro": _sora("1024x1792", "1792x1024"),
    "heygen-talking-photo": _heygen({"image": _picture(_JPEG_PNG)}),
    "heygen-avatar-video": _heygen({}, unlimited={"avatar_id": "string"}, required_values=("avatar_id",)),
}


# --- sync.so ---------------------------------------------------------------------------------------------------------------


def _sync(**more: Parameter) -> Model:
    return Model(
        roles={"video": _video(()), "audio": _audio((), **_OPTIONAL)},
        parameters={
            "sync_mode": Choice(("bounce", "loop", "cut_off", "silence", "remap"), None),
            "temperature": Number(0, 1, None, integer=False),
            **more,
        },
        unlimited={"text": "string"},
        required_when={"text": ("no audio",)},
    )


_SYNC_AUDIO = _audio((), Bound("audio", "duration", high=600))
# "<= 4096 x 2160", whichever way it stands.
_SYNC_MODELS = {
    **dict.fromkeys(("lipsync-2", "lipsync-2-pro", "lipsync-1.9.0-beta"), _sync()),
    "react-1": _sync(model_mode=Choice(("lips", "face", "head"), None)),
    "sync-3": Model(
        roles={
            "video": _video(
                (),
                Bound("video", "side", high=4096),
                Bound("video", "short_side", high=2160),
                Bound("video", "duration", high=600),
            ),
            "audio": _SYNC_AUDIO,
        }
    ),
    "sync-3-talking-image": Model(
        roles={
            "image": _picture((), Bound("image", "side", high=4096), Bound("image", "short_side", high=2160)),
            "audio": _SYNC_AUDIO,
        },
    ),
}

# --- others ----------------------------------------------------------------------------------------------------------------

_OTHER_MODELS = {
    "tencent-portrait-sing": Model(
        roles={
            # Of text in Base64 10 MB, which is three quarters of that of picture.
            "image": _picture(
                (*_JPEG_PNG_WEBP, "bmp"),
                sides("image", 192, 4096),
                file_size("image", 10),
                aspect("image", 2),
                *travelling("image", data=7.5),
                base64=True,
            ),
            "audio": _audio(_WAV_MP3_M4A, lasting("audio", 2, 60)),
        },
        parameters={"Mode": Choice(("Person", "Pet"), None)},
    ),
    "pika-2.2-scenes": Model(
        roles={"reference_image": _picture((), **up_to(5, least=1))},
        parameters={"aspect_ratio": Number(0.4, 2.5, None, integer=False)},
    ),
    "grok-imagine-video-edit": Model(roles={"video": _video((), lasting("video", 1, 8.7), file_size("video", 50))}),
    "grok-imagine-video-extend": Model(roles={"video": _video(("mp4",), lasting("video", 2, 15), file_size("video", 50))}),
    "grok-imagine-video-reference": Model(roles={"reference_image": _picture((), **up_to(7, least=1))}),
    "ltx-2.5-audio-to-video": Model(roles={"audio": _audio((), lasting("audio", 2, 20)), "image": _picture((), **_OPTIONAL)}),
    "marey-image-to-video": Model(
        roles={"image": _picture((), sides("image", 300, 10_000))}, fields={"prompt": Text(5000, "error")}
    ),
    "marey-video-to-video": Model(
        roles={
            "video": _video(
                ("mp4",),
                Bound("video", "duration", low=5),
                sizes=("1920x1080", "1080x1920", "1152x1152", "1536x1152", "1152x1536"),
            )
        },
        fields={"prompt": Text(5000, "error")},
    ),
    "d-id-talks": Model(roles={"image": _picture(_JPEG_PNG), "audio": _audio((), **_OPTIONAL)}),
    "stable-video": Model(roles={"image": _picture(_JPEG_PNG, sizes=("1024x576", "576x1024", "768x768"))}),
    "codehappynice/infinitetalk": Model(
        roles={"image": _picture(()), "audio": _audio(_WAV_MP3_M4A)},
        parameters={"num_frames": Number(25, 1001, None)},
        unlimited={"resolution": "string"},
    ),
    "infinitetalk": Model(
        roles={"image": _picture(()), "audio": _audio(())}, parameters={"size": Choice(("480p", "720p"), None)}
    ),
}

PROVIDERS: Mapping[str, Model] = {
    **_KLING_MODELS,
    **_RUNWAY_MODELS,
    **_LUMA_MODELS,
    **_MINIMAX_MODELS,
    **_VIDU_MODELS,
    **_BYTEDANCE_MODELS,
    **_LARGE_MODELS,
    **_SYNC_MODELS,
    **_OTHER_MODELS,
}
