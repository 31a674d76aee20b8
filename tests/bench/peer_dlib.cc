// dlib's steps, one function each (peers.h).
#include "../parity/dlib_network.h"

#include <dlib/image_processing.h>
#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/image_transforms.h>

#include <cstdio>
#include <cstdlib>

#include "peers.h"

namespace {
struct Dlib {
    dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
    dlib::shape_predictor landmarks;
    Network network;
    dlib::array2d<unsigned char> gray;
    Picture rgb, chip;
    dlib::full_object_detection shape;
    std::vector<dlib::rect_detection> found;
};
Dlib *state;
} // namespace

void dlib_load(const char *model_dir, const char *landmarks_file)
try {
    state = new Dlib;
    load_network(state->network, model_dir);
    dlib::deserialize(landmarks_file) >> state->landmarks;
} catch (const std::exception &error) {
    std::fprintf(stderr, "dlib: %s\n", error.what());
    std::exit(1);
}

void dlib_set_gray(const uint8_t *pixels, int width, int height)
{
    state->gray.set_size(height, width);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            state->gray[y][x] = *pixels++;
}

void dlib_set_rgb(const uint8_t *pixels, int width, int height)
{
    state->rgb.set_size(height, width);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, pixels += 3)
            state->rgb(y, x) = dlib::rgb_pixel(pixels[0], pixels[1], pixels[2]);
}

int dlib_detect()
{
    state->detector(state->gray, state->found);
    return static_cast<int>(state->found.size());
}

void dlib_fit_landmarks(const int box[4])
{
    state->shape = state->landmarks(state->gray, dlib::rectangle(box[0], box[1], box[2], box[3]));
}

void dlib_cut_chip() { dlib::extract_image_chip(state->rgb, dlib::get_face_chip_details(state->shape, 150, 0.25), state->chip); }

void dlib_embed(float embedding[128])
{
    const dlib::matrix<float, 0, 1> &out = state->network(state->chip);
    std::memcpy(embedding, &out(0), 128 * sizeof(float));
}

const uint8_t *dlib_chip() { return &state->chip(0, 0).red; }
