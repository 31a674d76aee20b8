#include "media/picture.h"

#include "media/frame.h"

/* Buffers kept for the next frames: what is on the screen, what waits for it, and what is being made. */
#define MAX_KEPT 6

typedef struct Store {
    gint references;
    GMutex lock;
    gsize size; /* of a buffer */
    GPtrArray *kept;
} Store;

struct NtPictures {
    GstVideoInfo in, out;
    GstVideoConverter *converter;
    Store *store;
};

static void store_unref(Store *store)
{
    if (!g_atomic_int_dec_and_test(&store->references))
        return;
    g_ptr_array_unref(store->kept);
    g_mutex_clear(&store->lock);
    g_free(store);
}

typedef struct Loan {
    Store *store;
    gpointer memory;
    gsize size;
} Loan;

static gpointer store_take(Store *store, gsize size)
{
    gpointer memory = NULL;
    g_mutex_lock(&store->lock);
    if (store->size != size) {
        g_ptr_array_set_size(store->kept, 0);
        store->size = size;
    }
    if (store->kept->len > 0)
        memory = g_ptr_array_steal_index_fast(store->kept, store->kept->len - 1);
    g_mutex_unlock(&store->lock);
    return memory ? memory : g_malloc(size);
}

/* From any thread: nobody holds the bytes any more. */
static void give_back(gpointer data)
{
    Loan *loan = data;
    g_mutex_lock(&loan->store->lock);
    if (loan->store->size == loan->size && loan->store->kept->len < MAX_KEPT)
        g_ptr_array_add(loan->store->kept, g_steal_pointer(&loan->memory));
    g_mutex_unlock(&loan->store->lock);
    g_free(loan->memory);
    store_unref(loan->store);
    g_free(loan);
}

NtPictures *nt_pictures_new(void)
{
    NtPictures *self = g_new0(NtPictures, 1);
    self->store = g_new0(Store, 1);
    self->store->references = 1;
    self->store->kept = g_ptr_array_new_with_free_func(g_free);
    g_mutex_init(&self->store->lock);
    return self;
}

void nt_pictures_free(NtPictures *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->converter, gst_video_converter_free);
    store_unref(self->store);
    g_free(self);
}

static gboolean prepare(NtPictures *self, const GstVideoInfo *in)
{
    if (self->converter && gst_video_info_is_equal(&self->in, in))
        return TRUE;
    g_clear_pointer(&self->converter, gst_video_converter_free);
    self->in = *in;
    if (!gst_video_info_set_format(&self->out, GST_VIDEO_FORMAT_BGRx, (guint)in->width, (guint)in->height))
        return FALSE;
    self->out.fps_n = in->fps_n; /* the converter wants them alike */
    self->out.fps_d = in->fps_d;
    /* What is interlaced is shown woven, as it is analysed. */
    GstVideoInfo from = *in;
    from.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
    self->converter =
        gst_video_converter_new(&from, &self->out,
                                gst_structure_new("options", GST_VIDEO_CONVERTER_OPT_THREADS, G_TYPE_UINT, 1u,
                                                  GST_VIDEO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_VIDEO_DITHER_METHOD,
                                                  GST_VIDEO_DITHER_NONE, NULL));
    return self->converter != NULL;
}

GBytes *nt_pictures_convert(NtPictures *self, const NtFrame *frame, int *stride)
{
    const GstVideoFrame *in = nt_frame_video(frame);
    if (!prepare(self, &in->info))
        return NULL;
    const gsize size = GST_VIDEO_INFO_SIZE(&self->out);
    Loan *loan = g_new0(Loan, 1);
    loan->store = self->store;
    g_atomic_int_inc(&self->store->references);
    loan->size = size;
    loan->memory = store_take(self->store, size);
    *stride = GST_VIDEO_INFO_PLANE_STRIDE(&self->out, 0);

    GstBuffer *buffer = gst_buffer_new_wrapped_full(0, loan->memory, size, 0, size, NULL, NULL);
    GstVideoFrame out;
    if (gst_video_frame_map(&out, &self->out, buffer, GST_MAP_WRITE)) {
        gst_video_converter_frame(self->converter, in, &out);
        gst_video_frame_unmap(&out);
    }
    gst_buffer_unref(buffer);
    return g_bytes_new_with_free_func(loan->memory, size, give_back, loan);
}

double nt_frame_pixel_aspect(const NtFrame *frame)
{
    const GstVideoInfo *info = &nt_frame_video(frame)->info;
    return info->par_n > 0 && info->par_d > 0 ? (double)info->par_n / info->par_d : 1;
}
