// The weights of the embedding network as face-api publishes them: 8-bit copies of dlib's own, with a manifest.
#ifndef NAMETAG_FACE_API_WEIGHTS_H
#define NAMETAG_FACE_API_WEIGHTS_H

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::string read_file(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw std::runtime_error("cannot read " + path);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

struct Tensor {
    std::vector<long> shape;
    std::vector<float> values;
};

// The manifest is a flat list of {"name", "shape", "quantization": {"scale", "min"}}: read by its marks.
std::map<std::string, Tensor> read_weights(const std::string &dir)
{
    const std::string manifest = read_file(dir + "/face_recognition_model-weights_manifest.json");
    const std::string bytes = read_file(dir + "/face_recognition_model.bin");
    std::map<std::string, Tensor> tensors;
    size_t used = 0, at = 0;
    while ((at = manifest.find("\"name\":\"", at)) != std::string::npos) {
        const size_t begin = at + 8, end = manifest.find('"', begin), next = manifest.find("\"name\":\"", end);
        const std::string entry = manifest.substr(end, next == std::string::npos ? next : next - end);
        Tensor &tensor = tensors[manifest.substr(begin, end - begin)];
        std::istringstream shape(entry.substr(entry.find('[') + 1, entry.find(']') - entry.find('[') - 1));
        size_t count = 1;
        for (std::string number; std::getline(shape, number, ',');) {
            tensor.shape.push_back(std::stol(number));
            count *= tensor.shape.back();
        }
        tensor.values.resize(count);
        const size_t scale_at = entry.find("\"scale\":"), min_at = entry.find("\"min\":");
        if (scale_at == std::string::npos) {
            std::memcpy(tensor.values.data(), bytes.data() + used, 4 * count);
            used += 4 * count;
        } else {
            const double scale = std::stod(entry.substr(scale_at + 8)), min = std::stod(entry.substr(min_at + 6));
            for (size_t i = 0; i < count; i++)
                tensor.values[i] = static_cast<float>(static_cast<uint8_t>(bytes[used + i]) * scale + min);
            used += count;
        }
        at = end;
    }
    if (used != bytes.size())
        throw std::runtime_error("the weights do not fit their manifest");
    return tensors;
}

std::vector<std::string> convolution_names()
{
    std::vector<std::string> names{"conv32_down"};
    for (const char *block : {"conv32_1", "conv32_2", "conv32_3", "conv64_down", "conv64_1", "conv64_2", "conv64_3", "conv128_down",
                              "conv128_1", "conv128_2", "conv256_down", "conv256_1", "conv256_2", "conv256_down_out"})
        for (const char *half : {"/conv1", "/conv2"})
            names.push_back(std::string(block) + half);
    return names;
}

} // namespace

#endif
