// The embedding network as dlib defines it, with face-api's weights (8-bit copies of dlib's own) put in.
#ifndef NAMETAG_DLIB_NETWORK_H
#define NAMETAG_DLIB_NETWORK_H

#include <dlib/dnn.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "face_api_weights.h"

namespace {

using dlib::affine;
using dlib::con;
using dlib::relu;
using dlib::tag1;
using Picture = dlib::matrix<dlib::rgb_pixel>;

// The network, from the loss inwards.
template <int channels, int stride, typename Sub>
using Pair = affine<con<channels, 3, 3, 1, 1, relu<affine<con<channels, 3, 3, stride, stride, Sub>>>>>;
template <int channels, typename Sub> using Plain = relu<dlib::add_prev1<Pair<channels, 1, tag1<Sub>>>>;
template <int channels, typename Sub>
using Down = relu<dlib::add_prev2<dlib::avg_pool<2, 2, 2, 2, dlib::skip1<dlib::tag2<Pair<channels, 2, tag1<Sub>>>>>>>;
template <typename Sub> using Stage32 = Plain<32, Plain<32, Plain<32, Sub>>>;
template <typename Sub> using Stage64 = Plain<64, Plain<64, Plain<64, Down<64, Sub>>>>;
template <typename Sub> using Stage128 = Plain<128, Plain<128, Down<128, Sub>>>;
template <typename Sub> using Stage256 = Plain<256, Plain<256, Down<256, Sub>>>;
using Network = dlib::loss_metric<dlib::fc_no_bias<
    128, dlib::avg_pool_everything<Down<256, Stage256<Stage128<Stage64<Stage32<dlib::max_pool<
             3, 3, 2, 2, relu<affine<con<32, 7, 7, 2, 2, dlib::input_rgb_image_sized<150>>>>>>>>>>>>>;

// A new affine layer works per element; the network was trained per channel.
struct PerChannel {
    template <typename T> void change(T &) const {}
    void change(dlib::affine_ &layer) const { layer = dlib::affine_(dlib::CONV_MODE); }
    template <typename In> void operator()(size_t, In &) const {}
    template <typename D, typename S, typename E> void operator()(size_t, dlib::add_layer<D, S, E> &layer) const
    {
        change(layer.layer_details());
    }
};

// Layers are visited from the loss inwards: names are used up from the back.
struct Filler {
    const std::map<std::string, Tensor> &weights;
    std::vector<std::string> for_filters = convolution_names(), for_affine = for_filters;

    template <typename T> void fill(T &) {}
    template <long n, long r, long c, int sy, int sx, int py, int px> void fill(dlib::con_<n, r, c, sy, sx, py, px> &layer)
    {
        const Tensor &filters = weights.at(for_filters.back() + "/conv/filters"), &bias = weights.at(for_filters.back() + "/conv/bias");
        const long kernel = filters.shape[0], in = filters.shape[2], out = filters.shape[3];
        float *params = layer.get_layer_params().host();
        for (long o = 0; o < out; o++)
            for (long i = 0; i < in; i++)
                for (long p = 0; p < kernel * kernel; p++)
                    *params++ = filters.values[(p * in + i) * out + o];
        std::memcpy(params, bias.values.data(), bias.values.size() * sizeof(float));
        for_filters.pop_back();
    }
    void fill(dlib::affine_ &layer)
    {
        const Tensor &gamma = weights.at(for_affine.back() + "/scale/weights"), &beta = weights.at(for_affine.back() + "/scale/biases");
        auto gamma_part = layer.get_gamma(), beta_part = layer.get_beta();
        std::memcpy(static_cast<dlib::tensor &>(gamma_part).host(), gamma.values.data(), gamma.values.size() * sizeof(float));
        std::memcpy(static_cast<dlib::tensor &>(beta_part).host(), beta.values.data(), beta.values.size() * sizeof(float));
        for_affine.pop_back();
    }
    template <unsigned long n, dlib::fc_bias_mode mode> void fill(dlib::fc_<n, mode> &layer)
    {
        const Tensor &dense = weights.at("fc");
        std::memcpy(layer.get_layer_params().host(), dense.values.data(), dense.values.size() * sizeof(float));
    }
    template <typename In> void operator()(size_t, In &) {}
    template <typename D, typename S, typename E> void operator()(size_t, dlib::add_layer<D, S, E> &layer) { fill(layer.layer_details()); }
};

struct Forward {
    Filler *filler;
    template <typename T> void operator()(size_t i, T &layer) const { (*filler)(i, layer); }
};

void load_network(Network &network, const std::string &dir)
{
    const auto weights = read_weights(dir);
    Filler filler{weights};
    Picture blank(150, 150);
    dlib::assign_all_pixels(blank, dlib::rgb_pixel(0, 0, 0));
    dlib::visit_layers(network, PerChannel());
    network(blank); // allocates the parameters
    dlib::visit_layers(network, Forward{&filler});
    if (!filler.for_filters.empty() || !filler.for_affine.empty())
        throw std::runtime_error("not every weight found its layer");
    network.clean();
}

} // namespace

#endif
