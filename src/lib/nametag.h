/** @file
 *  @brief The whole of libnametag: faces found in pictures and video, and named.
 *
 * @section use In short
 * nametag_open() loads the models and the gallery of people, nametag_tag_file() or nametag_tag() gives the faces of a
 * picture, each with its landmarks, its embedding and a verdict, nametag_enroll() teaches a person. For video,
 * nametag_tracker_new() makes a tracker that is given one frame after the other.
 *
 * @section conventions What holds everywhere
 * - **Coordinates.** x runs right, y runs down, (0, 0) is the centre of the top left pixel. Lengths are pixels, angles
 *   degrees, times nanoseconds.
 * - **Pictures** have 8 bits a sample. They are only read, and only during the call they are given to.
 * - **Texts** are UTF-8 and end with a zero byte. Paths are bytes as the system has them.
 * - **Ownership.** What a function gives through a pointer to a pointer is the caller's, who lets it go with the
 *   function named there. Everything reached through it (names, faces, embeddings) belongs to it and goes with it.
 * - **Errors.** Functions that can fail return a ::NametagStatus; then they have changed nothing and set their result
 *   to NULL. nametag_error() says in words what it was. NULL where something is needed, sizes that make no sense and
 *   values that no enumeration has give ::NAMETAG_ERROR_ARGUMENT. When the system has no more memory the process
 *   ends, as is GLib's way; a picture too large to be worked on is refused before.
 * - **Threads.** A ::Nametag, and a ::NametagTracker, is used by one thread at a time; any number of them may be at
 *   work side by side, and nametag_clone() makes another one that shares models and people. Results are immutable:
 *   any thread may read them and let them go.
 * - **Files.** Nothing is written but the gallery, and only by functions that say so. Nothing contacts a network.
 *
 * @section abi How this grows
 * The library keeps its soname while programs built against an older header go on working with it. Structures that
 * the caller fills begin with their size, and the macros NAMETAG_..._INIT fill that in; structures that the library
 * fills are only handed out by pointer, and grow at their end: never copy one by value, or make an array of them.
 * Enumerations get new values at their end: be ready for some you don't know.
 */
#ifndef NAMETAG_NAMETAG_H
#define NAMETAG_NAMETAG_H

#include <stddef.h>
#include <stdint.h>

#if defined __GNUC__
#define NAMETAG_API __attribute__((visibility("default")))
#else
#define NAMETAG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define NAMETAG_LANDMARKS 68  /**< Points of a face. */
#define NAMETAG_EMBEDDING 128 /**< Numbers of an embedding. */
#define NAMETAG_MOST_BOXES 4096 /**< Boxes that nametag_tag_boxes() takes for one picture. */

/** @name Errors
 *  @{ */

/** How a call ended. */
typedef enum NametagStatus {
    NAMETAG_OK = 0,            /**< All is well. */
    NAMETAG_ERROR_ARGUMENT,    /**< The caller asked for something that makes no sense. */
    NAMETAG_ERROR_MEMORY,      /**< There is not enough memory for it. */
    NAMETAG_ERROR_IO,          /**< The system refused: a file is missing, may not be read or written, or the disk is
                                *   full. */
    NAMETAG_ERROR_FORMAT,      /**< A file is damaged, or is not what it should be; or the gallery cannot be opened. */
    NAMETAG_ERROR_UNSUPPORTED, /**< It makes sense, but this version cannot do it. */
    NAMETAG_ERROR_MODEL,       /**< The gallery, or the face, is of other models than those that are loaded. */
    NAMETAG_ERROR_KEY,         /**< The gallery is encrypted, and the pass phrase is missing or wrong. */
    NAMETAG_ERROR_NOT_FOUND,   /**< There is no such person. */
    NAMETAG_ERROR_EXISTS,      /**< There is such a person already. */
    NAMETAG_ERROR_NAME,        /**< Nobody can be called that: empty, too long, or not UTF-8. */
    NAMETAG_REFUSED            /**< The picture is not good enough to enrol: ::NametagRefusal says why. */
} NametagStatus;

/** A status as a short English noun phrase: "not enough memory". Any thread.
 *  @param status Any number; what is no status is "unknown status".
 *  @return A text that is valid for ever, never NULL. */
NAMETAG_API const char *nametag_status_text(NametagStatus status);

/** The version of the library that runs, like "0.1.0". Any thread.
 *  @return A text that is valid for ever. */
NAMETAG_API const char *nametag_version(void);

/** @} */

/** @name Opening
 *  @{ */

/** Models, people, and the memory to analyse pictures with. One thread at a time. */
typedef struct Nametag Nametag;

/** How sure a name must be: how many strangers in a thousand may be given one, at most. */
typedef enum NametagCaution {
    NAMETAG_BALANCED = 0, /**< 10 */
    NAMETAG_CAUTIOUS,     /**< 1 */
    NAMETAG_EAGER         /**< 50 */
} NametagCaution;

/** The gallery of a program that names nobody. */
#define NAMETAG_NO_GALLERY ""

/** NametagOptions.flags */
enum {
    NAMETAG_LANDMARKS_ONLY = 1, /**< Boxes and landmarks, no embeddings and no names: faster. */
    NAMETAG_USE_KEYRING = 2     /**< The key of an encrypted gallery may come from the desktop's Secret Service, which
                                 *   may ask the user to unlock it. */
};

/** What a ::Nametag is to be like. Begin with #NAMETAG_OPTIONS_INIT, then change what should be different. */
typedef struct NametagOptions {
    size_t size;            /**< sizeof(NametagOptions) */
    const char *models;     /**< Folder of the three model files. NULL: where the programs look, which is
                             *   $NAMETAG_MODELS, the user's own imports ($XDG_DATA_HOME/nametag/models), then the
                             *   installed ones. */
    const char *gallery;    /**< File of the people. NULL: the user's own, which `nametag` and `nametag-gtk` use, too;
                             *   #NAMETAG_NO_GALLERY: none. It need not be there yet: nametag_enroll() makes it. */
    const char *passphrase; /**< Of an encrypted gallery, or NULL. It is copied, and wiped by the last close. */
    double threshold;       /**< Least score of a detection, -10 to 10; 0 as trained, less finds more and errs more. */
    NametagCaution caution; /**< How sure a name must be. */
    int upsample;           /**< 0 to 4: how often a picture is doubled first, to find faces from 80 / 2^n pixels on;
                             *   each time takes four times as long. */
    int threads;            /**< 1 to 64, or 0 for 1: threads that share one picture, the calling one included. For
                             *   many pictures at once make clones instead. */
    unsigned flags;         /**< #NAMETAG_LANDMARKS_ONLY, #NAMETAG_USE_KEYRING, or 0 */
} NametagOptions;

/** Fills a ::NametagOptions in: the user's own gallery, balanced, one thread. */
#define NAMETAG_OPTIONS_INIT {sizeof(NametagOptions), NULL, NULL, NULL, 0.0, NAMETAG_BALANCED, 0, 0, 0u}

/** Loads the models and reads the gallery: a tenth of a second. Any thread.
 *
 *  A gallery that an older version made is brought up to date, with a copy of what it was beside it.
 *
 *  Two things concern the whole process: OpenBLAS, if the program uses it itself, is set to one thread; and each
 *  gallery that is opened has a thread of its own, which looks at the file four times a second, so that whom another
 *  program enrols is known within that time. It ends with the last that uses it. Do not fork() while anything is
 *  open, other than to exec.
 *
 *  @param options What it is to be like; NULL: #NAMETAG_OPTIONS_INIT.
 *  @param[out] nametag To be closed with nametag_close(); NULL on failure.
 *  @return ::NAMETAG_OK; else nametag_error(NULL) says what it was. */
NAMETAG_API NametagStatus nametag_open(const NametagOptions *options, Nametag **nametag);

/** Another one with the same options, for another thread: models and people are shared and take no memory again.
 *  @param nametag Whose; it may be closed before the other one.
 *  @param[out] clone To be closed with nametag_close(); NULL on failure.
 *  @return ::NAMETAG_OK or ::NAMETAG_ERROR_ARGUMENT. */
NAMETAG_API NametagStatus nametag_clone(Nametag *nametag, Nametag **clone);

/** Lets go of it. Results and trackers that came from it stay as they are.
 *  @param nametag NULL is allowed. */
NAMETAG_API void nametag_close(Nametag *nametag);

/** What the last failure was, in one sentence that names the thing, the reason and the remedy; English, or the user's
 *  language where the program has chosen one with setlocale() and the sentence is translated.
 *  @param nametag Whose last failure; NULL: that of this thread's last call that had no ::Nametag to put it in, as
 *  nametag_open().
 *  @return "" when nothing has failed yet; valid until the next call with the same ::Nametag (NULL: until the
 *  thread's next failure). */
NAMETAG_API const char *nametag_error(const Nametag *nametag);

/** The file of the people.
 *  @param nametag Whose.
 *  @return NULL when there is none; valid until @p nametag is closed. */
NAMETAG_API const char *nametag_gallery(const Nametag *nametag);

/** Tells models apart: embeddings can be compared when this text was the same for both. Keep it beside embeddings
 *  that you keep.
 *  @param nametag Whose.
 *  @return 16 hexadecimal digits, valid until @p nametag is closed; NULL for NULL. */
NAMETAG_API const char *nametag_model_id(const Nametag *nametag);

/** @} */

/** @name Pictures
 *  @{ */

/** How the pixels of a picture lie in memory. */
typedef enum NametagFormat {
    NAMETAG_RGB = 0, /**< One plane, 3 bytes a pixel: R, G, B. The only one of colour that is analysed without a copy.
                      *   */
    NAMETAG_BGR,     /**< One plane, 3 bytes a pixel. */
    NAMETAG_RGBA,    /**< One plane, 4 bytes a pixel; the fourth is not looked at. */
    NAMETAG_BGRA,    /**< One plane, 4 bytes a pixel; the fourth is not looked at. Cairo's and many screens' on
                      *   little-endian machines. */
    NAMETAG_GRAY,    /**< One plane, a byte a pixel. */
    NAMETAG_I420,    /**< Three planes: Y; U and V, halved both ways, rounded up. */
    NAMETAG_NV12     /**< Two planes: Y; U and V by turns, halved both ways, rounded up. */
} NametagFormat;

/** How I420 and NV12 become R, G and B; of no meaning for the others. */
typedef enum NametagColour {
    NAMETAG_COLOUR_AUTO = 0,   /**< BT.601 up to a height of 576, BT.709 beyond; luma from 16 to 235. */
    NAMETAG_COLOUR_BT601,      /**< Luma from 16 to 235. */
    NAMETAG_COLOUR_BT601_FULL, /**< Luma from 0 to 255, as JPEG has it. */
    NAMETAG_COLOUR_BT709,      /**< Luma from 16 to 235. */
    NAMETAG_COLOUR_BT709_FULL  /**< Luma from 0 to 255. */
} NametagColour;

/** Somebody's pixels, at most 2^28 of them. Begin with #NAMETAG_PICTURE_INIT. */
typedef struct NametagPicture {
    size_t size;              /**< sizeof(NametagPicture) */
    NametagFormat format;     /**< How the pixels lie in memory. */
    int width;                /**< Pixels, 1 or more. */
    int height;               /**< Pixels, 1 or more. */
    NametagColour colour;     /**< Of I420 and NV12. */
    const uint8_t *planes[3]; /**< Where each plane begins: its top left sample. Unused ones are NULL. */
    ptrdiff_t strides[3];     /**< Bytes from a row of a plane to the next, no less than a row has. */
    const char *source;       /**< A path or an address, for the gallery to remember where a face was enrolled from;
                               *   or NULL. Leave passwords out. */
} NametagPicture;

/** Fills a ::NametagPicture in: RGB, without pixels. */
#define NAMETAG_PICTURE_INIT \
    {sizeof(NametagPicture), NAMETAG_RGB, 0, 0, NAMETAG_COLOUR_AUTO, {NULL, NULL, NULL}, {0, 0, 0}, NULL}

/** A rectangle of pixels: columns x to x + width - 1, rows y to y + height - 1. It may reach beyond its picture. */
typedef struct NametagBox {
    int x;      /**< Leftmost column. */
    int y;      /**< Topmost row. */
    int width;  /**< Columns. */
    int height; /**< Rows. */
} NametagBox;

/** A place between pixels. */
typedef struct NametagPoint {
    double x; /**< To the right. */
    double y; /**< Down. */
} NametagPoint;

/** @} */

/** @name Results
 *  @{ */

/** Who a face is. In this order: what is greater is surer, and from ::NAMETAG_LIKELY on it is a name. */
typedef enum NametagVerdict {
    NAMETAG_UNKNOWN = 0, /**< Nobody who is enrolled. */
    NAMETAG_UNSURE,      /**< A guess, to be shown with a question mark: "Anna?" */
    NAMETAG_LIKELY,      /**< Anna, as sure as the caution wants it. */
    NAMETAG_SURE         /**< Anna, plainly. */
} NametagVerdict;

/** Why a face is not given a name. */
typedef enum NametagReason {
    NAMETAG_REASON_NONE = 0, /**< It is. */
    NAMETAG_REASON_NOBODY,   /**< Nobody is enrolled, or the face has no embedding. */
    NAMETAG_REASON_FAR,      /**< The nearest person is too far away. */
    NAMETAG_REASON_CLOSE,    /**< Near, but not near enough for a name. */
    NAMETAG_REASON_TIE,      /**< Two people are about as near, or another face of the picture has the name. */
    NAMETAG_REASON_REJECTED, /**< Somebody said of such a face that it is not that person (nametag_reject()). */
    NAMETAG_REASON_IGNORED   /**< Somebody said that such a face is to be ignored. */
} NametagReason;

/** How a face was found in its picture. */
typedef enum NametagFinding {
    NAMETAG_DETECTED = 0, /**< By the detector. */
    NAMETAG_FOLLOWED,     /**< By a tracker, by its looks: turned away, or half covered. */
    NAMETAG_PREDICTED,    /**< By a tracker, not seen: where it should be by its movement. */
    NAMETAG_GIVEN         /**< The caller's box. */
} NametagFinding;

/** A face of a picture. Only handed out by pointer; grows at its end. */
typedef struct NametagFace {
    NametagBox box; /**< From the brows to the chin, as wide as high. */
    double score;   /**< Of the detector: 0 just so, 1 beyond doubt; 0 for the caller's boxes. */
    NametagPoint landmarks[NAMETAG_LANDMARKS]; /**< In the order of iBUG 300-W: 0-16 jaw, 17-26 brows, 27-35 nose,
                                                *   36-47 eyes, 48-67 mouth, left to right as seen. They may lie
                                                *   beyond the picture. */
    NametagVerdict verdict; /**< Who it is. */
    NametagReason reason;   /**< Why there is no name. */
    const char *name;       /**< The person, for ::NAMETAG_UNSURE the guess; NULL for ::NAMETAG_UNKNOWN. */
    const char *nearest;    /**< The nearest person whatever the verdict; NULL when nobody is enrolled. */
    float distance;         /**< To that person (see nametag_distance()); infinite when nobody is enrolled. */
    float margin;           /**< How much farther away the second person is; infinite when there is none. */
    const float *embedding; /**< #NAMETAG_EMBEDDING numbers; NULL when the face was not embedded: with
                             *   #NAMETAG_LANDMARKS_ONLY, and in most of a tracker's frames. */
    NametagFinding finding; /**< How it was found. */
    unsigned n_embedded;    /**< Of a tracker: frames whose embeddings the verdict stands on. */
    uint64_t track;         /**< Of a tracker: the same number for one appearance of one person, from 1; else 0. */
    /* How much the picture tells. */
    float yaw;        /**< Degrees, above 0 when it looks to the right of the picture. */
    float pitch;      /**< Degrees, above 0 when it looks up. */
    float roll;       /**< Degrees, above 0 when it is turned clockwise. */
    float sharpness;  /**< 0 a smear, 1 crisp; this and the next four are -1 when the face was not embedded. */
    float brightness; /**< 0 to 1, of the face. */
    float contrast;   /**< 0 to 1, standard deviation of the brightness. */
    float clipped;    /**< 0 to 1, share of pixels that are black or burnt out. */
    float inside;     /**< 0 to 1, share of the face that lies within the picture. */
    int enrollable;   /**< 1 when the picture is good enough for nametag_enroll(), as far as it can be told without
                       *   knowing the person; else 0. */
} NametagFace;

/** The faces of one picture. Only handed out by pointer; grows at its end. Immutable. */
typedef struct NametagTags {
    size_t n_faces;                  /**< How many. */
    const NametagFace *const *faces; /**< [n_faces], best score first; of a tracker, longest known first; for boxes,
                                      *   in their order. */
    int width;                       /**< Of the picture. A photograph that lies on its side is turned upright first. */
    int height;                      /**< Of the picture. */
    int64_t pts_ns;                  /**< Of a tracker: the frame's time; else -1. */
    uint64_t index;                  /**< Of a tracker: the number of the frame, from 0. */
    int cut;                         /**< Of a tracker: 1 when a new scene begins with this frame. */
} NametagTags;

/** Lets go of a result. Any thread, also after the ::Nametag it came from was closed.
 *  @param tags NULL is allowed. */
NAMETAG_API void nametag_tags_free(NametagTags *tags);

/** How unlike two faces are: the Euclidean distance of their embeddings. Pictures of one person mostly lie within 0.6
 *  of one another, those of two people beyond. Any thread.
 *  @param a,b #NAMETAG_EMBEDDING numbers each, of the same models (nametag_model_id()).
 *  @return 0 for equal ones; NaN when one is NULL. */
NAMETAG_API float nametag_distance(const float *a, const float *b);

/** @} */

/** @name Tagging
 *  @{ */

/** Finds and names the faces of a picture in memory.
 *
 *  I420 and NV12 are searched in their luma, all others in colour, which gives scores that differ a little.
 *
 *  @param nametag Whose people.
 *  @param picture Read during the call only.
 *  @param[out] tags To be let go with nametag_tags_free(); NULL on failure. No faces is no failure.
 *  @return ::NAMETAG_OK, ::NAMETAG_ERROR_ARGUMENT (also for a picture that is too large, enlarged as it is with
 *  NametagOptions.upsample), ::NAMETAG_ERROR_MEMORY. */
NAMETAG_API NametagStatus nametag_tag(Nametag *nametag, const NametagPicture *picture, NametagTags **tags);

/** The same for a picture file: JPEG, PNG and whatever else gdk-pixbuf reads. It is turned upright by its EXIF
 *  orientation.
 *  @param nametag Whose people.
 *  @param path Of a file; the gallery remembers it as the source of a face that is enrolled from it.
 *  @param[out] tags To be let go with nametag_tags_free(); NULL on failure.
 *  @return ::NAMETAG_OK; ::NAMETAG_ERROR_IO when the file cannot be read, ::NAMETAG_ERROR_FORMAT when it is no
 *  picture, or half of one; else as nametag_tag(). */
NAMETAG_API NametagStatus nametag_tag_file(Nametag *nametag, const char *path, NametagTags **tags);

/** Names faces that another detector has found: landmarks, embedding and verdict for each of the boxes.
 *
 *  The landmarks expect boxes as the detector here gives them: square, centred upon the face, from the brows to the
 *  chin. The centre matters more than the size: within a tenth of the side beside it, and from 0.8 to 1.3 of the
 *  size, embeddings stay what they are (they move by 0.05); a fifth beside it is another face.
 *
 *  @param nametag Whose people.
 *  @param picture Read during the call only.
 *  @param boxes In the picture's pixels; each at least 1 x 1, at most four times as wide and high as the picture's
 *  longer side, and with some pixel inside the picture.
 *  @param n_boxes How many: 0 to #NAMETAG_MOST_BOXES.
 *  @param[out] tags One face for each box, in the same order; to be let go with nametag_tags_free(). NULL on failure.
 *  @return ::NAMETAG_OK, ::NAMETAG_ERROR_ARGUMENT, ::NAMETAG_ERROR_MEMORY. */
NAMETAG_API NametagStatus nametag_tag_boxes(Nametag *nametag, const NametagPicture *picture, const NametagBox *boxes,
                                            size_t n_boxes, NametagTags **tags);

/** @} */

/** @name Video
 *  @{ */

/** Faces followed from frame to frame. One thread at a time, which need not be its ::Nametag's. */
typedef struct NametagTracker NametagTracker;

/** A tracker with the options, people and models of @p nametag, whom it may outlive.
 *
 *  It costs a fraction of analysing each frame from scratch, and is steadier: faces that turn away are followed,
 *  names stay, landmarks don't tremble. New faces are found within six frames. The same frames give the same results.
 *
 *  @param nametag Whose people.
 *  @param[out] tracker To be let go with nametag_tracker_free(); NULL on failure.
 *  @return ::NAMETAG_OK or ::NAMETAG_ERROR_ARGUMENT. */
NAMETAG_API NametagStatus nametag_tracker_new(Nametag *nametag, NametagTracker **tracker);

/** Lets go of it. Results that came from it stay.
 *  @param tracker NULL is allowed. */
NAMETAG_API void nametag_tracker_free(NametagTracker *tracker);

/** Finds, follows and names the faces of the next frame.
 *
 *  The size and format may change from one frame to the next; another size ends the tracks. I420, NV12 and gray need
 *  no copy.
 *
 *  @param tracker Who follows.
 *  @param frame Read during the call only.
 *  @param pts_ns The frame's time, later than that of the frame before, which need not be its neighbour: frames may
 *  be left out.
 *  @param[out] tags To be let go with nametag_tags_free(); NULL on failure. They may be kept while others are made.
 *  @return ::NAMETAG_OK, ::NAMETAG_ERROR_ARGUMENT, ::NAMETAG_ERROR_MEMORY. */
NAMETAG_API NametagStatus nametag_tracker_tag(NametagTracker *tracker, const NametagPicture *frame, int64_t pts_ns,
                                              NametagTags **tags);

/** The next frame does not follow the last one: after a seek, or when a camera comes back. All tracks end, and times
 *  may begin anew.
 *  @param tracker NULL is allowed. */
NAMETAG_API void nametag_tracker_restart(NametagTracker *tracker);

/** What the tracker's last failure was, as nametag_error().
 *  @param tracker Whose; NULL: as nametag_error(NULL).
 *  @return "" when nothing has failed yet; valid until the next call with the same tracker. */
NAMETAG_API const char *nametag_tracker_error(const NametagTracker *tracker);

/** @} */

/** @name People
 *  Changes of the gallery are known at once to all that came from the same nametag_open(), to others within a quarter
 *  of a second. Each is written to the disk before the function returns, and can be taken back with `nametag people
 *  undo`; only to forget is for ever. Each opens the file anew; for an encrypted one that takes the better part of a
 *  second, by intention.
 *  @{ */

/** Why a picture is not good enough to enrol. */
typedef enum NametagRefusal {
    NAMETAG_REFUSAL_NONE = 0,  /**< It is. */
    NAMETAG_REFUSAL_SMALL,     /**< Fewer than 40 pixels across. */
    NAMETAG_REFUSAL_BLURRED,   /**< Out of focus, or moved. */
    NAMETAG_REFUSAL_TURNED,    /**< Turned away, up or down. */
    NAMETAG_REFUSAL_CUT_OFF,   /**< Part of it lies beyond the picture. */
    NAMETAG_REFUSAL_DARK,      /**< Hardly lit. */
    NAMETAG_REFUSAL_BRIGHT,    /**< Burnt out. */
    NAMETAG_REFUSAL_FLAT,      /**< Hardly any contrast. */
    NAMETAG_REFUSAL_DUPLICATE, /**< Such a picture of the person is enrolled already. */
    NAMETAG_REFUSAL_SOMEBODY,  /**< It looks like somebody else who is enrolled. */
    NAMETAG_REFUSAL_STRANGER   /**< It looks nothing like the person's other pictures. */
} NametagRefusal;

/** For nametag_enroll(). */
enum {
    NAMETAG_ENROLL_FORCE = 1, /**< Take it although it is not good enough, and remember that; never a duplicate. */
    NAMETAG_ENROLL_CHECK = 2  /**< Only say what would be done. */
};

/** Teaches a person, who may be new, one face of a result. Two to five pictures, of different days and sides, are a
 *  good beginning; of more than twelve the most varied ones are used.
 *
 *  Recognition is lenient, enrolment strict, because one bad picture spoils a person: what is blurred, dark, turned
 *  away, or looks like somebody else is refused, and nametag_error() says what would help. Ask people before you
 *  enrol them.
 *
 *  @param nametag Whose gallery, which is made when it is not there.
 *  @param tags A result, of this or another ::Nametag or tracker with the same models.
 *  @param face Index of the face in it; it must have an embedding.
 *  @param name Whose face it is: 1 to 200 bytes of UTF-8; white space around it is left out. "unknown" is nobody's
 *  name.
 *  @param flags #NAMETAG_ENROLL_FORCE, #NAMETAG_ENROLL_CHECK, or 0.
 *  @param[out] refusal Why it is not good enough, also when it is taken by force; may be NULL.
 *  @return ::NAMETAG_OK, ::NAMETAG_REFUSED, ::NAMETAG_ERROR_ARGUMENT (also without a gallery, or without an
 *  embedding), ::NAMETAG_ERROR_NAME, ::NAMETAG_ERROR_MODEL, or what the file makes of it. */
NAMETAG_API NametagStatus nametag_enroll(Nametag *nametag, const NametagTags *tags, size_t face, const char *name,
                                         unsigned flags, NametagRefusal *refusal);

/** "This is not Anna": faces like this one are not given that name again.
 *  @param nametag Whose gallery.
 *  @param tags,face As for nametag_enroll().
 *  @param name Of somebody who is enrolled.
 *  @return ::NAMETAG_OK, ::NAMETAG_ERROR_NOT_FOUND, and as nametag_enroll(). */
NAMETAG_API NametagStatus nametag_reject(Nametag *nametag, const NametagTags *tags, size_t face, const char *name);

/** Somebody who is enrolled. Only handed out by pointer; grows at its end. */
typedef struct NametagPerson {
    const char *name;      /**< Who. */
    unsigned n_pictures;   /**< Pictures that are kept. */
    unsigned n_in_use;     /**< Those of them that are used to recognise. */
    int64_t enrolled_unix; /**< When the person was enrolled: seconds since 1970, UTC. */
} NametagPerson;

/** The people of a gallery. Only handed out by pointer; grows at its end. Immutable. */
typedef struct NametagPeople {
    size_t n_people;                     /**< How many. */
    const NametagPerson *const *people;  /**< [n_people], by name as the locale sorts. */
} NametagPeople;

/** Who is enrolled.
 *  @param nametag Whose gallery; one that is not there yet has nobody.
 *  @param[out] people To be let go with nametag_people_free(); NULL on failure.
 *  @return ::NAMETAG_OK, ::NAMETAG_ERROR_ARGUMENT without a gallery, or what the file makes of it. */
NAMETAG_API NametagStatus nametag_people(Nametag *nametag, NametagPeople **people);

/** Lets go of a list. Any thread.
 *  @param people NULL is allowed. */
NAMETAG_API void nametag_people_free(NametagPeople *people);

/** Gives a person another name, which must be free.
 *  @param nametag Whose gallery.
 *  @param name The name now.
 *  @param new_name The name from now on.
 *  @return ::NAMETAG_OK, ::NAMETAG_ERROR_NOT_FOUND, ::NAMETAG_ERROR_EXISTS, ::NAMETAG_ERROR_NAME, or what the file
 *  makes of it. */
NAMETAG_API NametagStatus nametag_rename(Nametag *nametag, const char *name, const char *new_name);

/** Erases a person for good: pictures, embeddings and name, from the file's very bytes. Where another program holds
 *  the old content open, the last bytes go with the next change after that. Somebody who was removed before can be
 *  forgotten, too. What `nametag-gtk` keeps of clips, to open them at once, is cleared as well.
 *  @param nametag Whose gallery.
 *  @param name Who.
 *  @return ::NAMETAG_OK, ::NAMETAG_ERROR_NOT_FOUND, or what the file makes of it. */
NAMETAG_API NametagStatus nametag_forget(Nametag *nametag, const char *name);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
