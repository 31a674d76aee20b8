// The embedding network in oneDNN (peers.h): one primitive a convolution, with the bias, the shortcut and the ReLU fused, in
// whatever layouts oneDNN prefers.
//
// In 8 bits it is for timing alone: values are made up, which costs the same.
#include "../parity/face_api_weights.h"

#include <dnnl.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

#include "peers.h"

using dnnl::memory;
using Dims = memory::dims;
using Type = memory::data_type;

extern "C" void omp_set_num_threads(int);

struct Step {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> args;
};

struct OnednnNetwork {
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    bool int8;
    std::map<std::string, Tensor> weights;
    std::vector<Step> steps;
    memory input, output;
    std::vector<float> raw; // [3][150][150]

    // What its float convolutions of each instruction set keep channels in.
    memory::format_tag tag() const
    {
        const char *isa = std::getenv("ONEDNN_MAX_CPU_ISA");
        return int8 ? memory::format_tag::nhwc : isa && std::string(isa) == "AVX2" ? memory::format_tag::nChw8c : memory::format_tag::nChw16c;
    }
    Type activations() const { return int8 ? Type::u8 : Type::f32; }

    void copy(const memory &from, memory &to) { steps.push_back({dnnl::reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}}); }

    memory in_layout(const memory &from, const memory::desc &wanted)
    {
        if (from.get_desc() == wanted)
            return from;
        memory to(wanted, engine);
        copy(from, to);
        return to;
    }

    // add: what the result is summed into, or nothing.
    memory convolve(const std::string &name, memory x, int stride, int padding, bool relu, const memory *add)
    {
        const Tensor &filters = weights.at(name + "/conv/filters"), &bias = weights.at(name + "/conv/bias");
        const Tensor &gamma = weights.at(name + "/scale/weights"), &beta = weights.at(name + "/scale/biases");
        const long k = filters.shape[0], in = filters.shape[2], out = filters.shape[3];
        const Dims from = x.get_desc().dims();
        const long side = (from[2] + 2 * padding - k) / stride + 1;
        std::vector<float> folded(filters.values.size()), shift(out);
        for (long o = 0; o < out; o++) {
            shift[o] = gamma.values[o] * bias.values[o] + beta.values[o];
            for (long i = 0; i < in; i++)
                for (long p = 0; p < k * k; p++)
                    folded[(o * in + i) * k * k + p] = filters.values[(p * in + i) * out + o] * gamma.values[o];
        }
        const Type type = activations(), weight_type = int8 ? Type::s8 : Type::f32;
        memory::desc any_x({1, in, from[2], from[3]}, type, memory::format_tag::any), any_y({1, out, side, side}, type, memory::format_tag::any);
        memory::desc any_w({out, in, k, k}, weight_type, memory::format_tag::any), bias_md({out}, Type::f32, memory::format_tag::a);
        dnnl::convolution_forward::desc desc(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, any_x, any_w, bias_md,
                                             add ? add->get_desc() : any_y, {stride, stride}, {padding, padding}, {padding, padding});
        dnnl::primitive_attr attr;
        dnnl::post_ops ops;
        if (add)
            ops.append_sum(1.f);
        if (relu)
            ops.append_eltwise(1.f, dnnl::algorithm::eltwise_relu, 0.f, 0.f);
        attr.set_post_ops(ops);
        if (int8)
            attr.set_output_scales(2, std::vector<float>(out, 0.01f));
        dnnl::convolution_forward::primitive_desc pd(desc, attr, engine);
        memory w(pd.weights_desc(), engine), b(bias_md, engine);
        if (int8) {
            memory plain({{out, in, k, k}, Type::s8, memory::format_tag::oihw}, engine);
            int8_t *p = static_cast<int8_t *>(plain.get_data_handle());
            for (size_t i = 0; i < folded.size(); i++)
                p[i] = static_cast<int8_t>(std::max(-127.f, std::min(127.f, folded[i] * 100)));
            dnnl::reorder(plain, w).execute(stream, plain, w);
        } else {
            memory plain({{out, in, k, k}, Type::f32, memory::format_tag::oihw}, engine, folded.data());
            dnnl::reorder(plain, w).execute(stream, plain, w);
        }
        std::memcpy(b.get_data_handle(), shift.data(), out * sizeof(float));
        stream.wait();
        x = in_layout(x, pd.src_desc());
        memory y = add ? *add : memory(pd.dst_desc(), engine);
        steps.push_back({dnnl::convolution_forward(pd), {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_BIAS, b}, {DNNL_ARG_DST, y}}});
        return y;
    }

    void pool(dnnl::algorithm algorithm, const memory &x, memory &y, const memory::desc &y_md, int kernel)
    {
        dnnl::pooling_forward::desc desc(dnnl::prop_kind::forward_inference, algorithm, x.get_desc(), y_md, {2, 2}, {kernel, kernel}, {0, 0}, {0, 0});
        dnnl::pooling_forward::primitive_desc pd(desc, engine);
        steps.push_back({dnnl::pooling_forward(pd), {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}}});
    }

    memory blocked(Dims dims)
    {
        memory m({dims, activations(), tag()}, engine);
        std::memset(m.get_data_handle(), 0, m.get_desc().get_size());
        return m;
    }

    void build()
    {
        raw.resize(3 * 150 * 150);
        input = memory({{1, 3, 150, 150}, activations(), int8 ? memory::format_tag::nhwc : memory::format_tag::nchw}, engine);
        memory x = convolve("conv32_down", input, 2, 0, true, nullptr);
        memory pooled = memory({{1, 32, 35, 35}, activations(), tag()}, engine);
        x = in_layout(x, {{1, 32, 72, 72}, activations(), tag()});
        pool(dnnl::algorithm::pooling_max, x, pooled, pooled.get_desc(), 3);
        x = pooled;
        struct Block {
            const char *name;
            long channels;
            bool down;
        };
        for (const Block &b : {Block{"conv32_1", 32, false}, {"conv32_2", 32, false}, {"conv32_3", 32, false}, {"conv64_down", 64, true},
                               {"conv64_1", 64, false}, {"conv64_2", 64, false}, {"conv64_3", 64, false}, {"conv128_down", 128, true},
                               {"conv128_1", 128, false}, {"conv128_2", 128, false}, {"conv256_down", 256, true}, {"conv256_1", 256, false},
                               {"conv256_2", 256, false}, {"conv256_down_out", 256, true}}) {
            const std::string name = b.name;
            const long side = x.get_desc().dims()[2], channels = x.get_desc().dims()[1];
            memory inner = convolve(name + "/conv1", x, b.down ? 2 : 1, b.down ? 0 : 1, true, nullptr);
            if (!b.down) {
                x = convolve(name + "/conv2", inner, 1, 1, true, &x); // in place: into the shortcut
                continue;
            }
            const long half = side / 2, inner_side = inner.get_desc().dims()[2];
            memory sum = blocked({1, b.channels, half, half});
            const auto part = sum.get_desc().submemory_desc({1, channels, half, half}, {0, 0, 0, 0});
            if (channels == b.channels) {
                pool(dnnl::algorithm::pooling_avg_exclude_padding, x, sum, sum.get_desc(), 2);
            } else {
                memory small = blocked({1, channels, half, half}), view(part, engine, sum.get_data_handle());
                pool(dnnl::algorithm::pooling_avg_exclude_padding, x, small, small.get_desc(), 2);
                copy(small, view);
            }
            if (inner_side == half) {
                x = convolve(name + "/conv2", inner, 1, 1, true, &sum);
                // What is summed into must be zero again in the new channels: the copy above leaves them as they are.
                if (channels != b.channels)
                    to_clear.push_back({sum, channels});
            } else {
                memory outer = convolve(name + "/conv2", inner, 1, 1, false, nullptr);
                const auto corner = sum.get_desc().submemory_desc({1, b.channels, inner_side, inner_side}, {0, 0, 0, 0});
                memory view(corner, engine, sum.get_data_handle());
                // sum = relu(sum + outer), where the two meet.
                dnnl::primitive_attr attr;
                dnnl::post_ops ops;
                ops.append_eltwise(1.f, dnnl::algorithm::eltwise_relu, 0.f, 0.f);
                attr.set_post_ops(ops);
                dnnl::binary::primitive_desc pd({dnnl::algorithm::binary_add, corner, outer.get_desc(), corner}, attr, engine);
                steps.push_back({dnnl::binary(pd), {{DNNL_ARG_SRC_0, view}, {DNNL_ARG_SRC_1, outer}, {DNNL_ARG_DST, view}}});
                if (channels != b.channels)
                    to_clear.push_back({sum, channels});
                x = sum;
            }
        }
        output = memory({{1, 256, 2, 2}, Type::f32, memory::format_tag::nchw}, engine);
        copy(x, output);
    }
    struct Clear {
        memory what;
        long from;
    };
    std::vector<Clear> to_clear;
};

OnednnNetwork *onednn_new(const char *model_dir, int int8)
try {
    omp_set_num_threads(1); // libgomp, which oneDNN brings
    OnednnNetwork *network = new OnednnNetwork;
    network->int8 = int8;
    network->weights = read_weights(model_dir);
    network->build();
    return network;
} catch (const std::exception &error) {
    std::fprintf(stderr, "oneDNN: %s\n", error.what());
    return nullptr;
}

void onednn_embed(OnednnNetwork *network, const uint8_t *chip, float embedding[128])
{
    static const float mean[3] = {122.782f, 117.001f, 104.298f};
    if (network->int8) {
        std::memcpy(network->input.get_data_handle(), chip, 3 * 150 * 150);
    } else {
        float *planes = static_cast<float *>(network->input.get_data_handle());
        for (int k = 0; k < 3; k++)
            for (int p = 0; p < 150 * 150; p++)
                *planes++ = (chip[3 * p + k] - mean[k]) / 256;
    }
    for (auto &clear : network->to_clear) {
        const Dims dims = clear.what.get_desc().dims();
        const size_t plane = dims[2] * dims[3];
        char *data = static_cast<char *>(clear.what.get_data_handle());
        if (network->int8) // channels innermost
            for (size_t p = 0; p < plane; p++)
                std::memset(data + p * dims[1] + clear.from, 0, dims[1] - clear.from);
        else // blocks of 16 channels
            std::memset(data + clear.from * plane * sizeof(float), 0, (dims[1] - clear.from) * plane * sizeof(float));
    }
    for (auto &step : network->steps)
        step.primitive.execute(network->stream, step.args);
    network->stream.wait();
    const float *last = static_cast<const float *>(network->output.get_data_handle());
    const std::vector<float> &dense = network->weights.at("fc").values;
    std::fill(embedding, embedding + 128, 0.f);
    for (int k = 0; k < 256; k++) {
        const float x = (last[4 * k] + last[4 * k + 1] + last[4 * k + 2] + last[4 * k + 3]) / 4;
        for (int o = 0; o < 128; o++)
            embedding[o] += x * dense[k * 128 + o];
    }
}

void onednn_free(OnednnNetwork *network) { delete network; }
