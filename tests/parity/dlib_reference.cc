// Nametag's reference: what dlib itself computes, built in the tests from the system's package.
//
//   dlib-reference pictures MODEL_DIR LANDMARKS OUT_DIR IMAGE...   OUT_DIR/NAME.json and OUT_DIR/chips/NAME_*.ppm
//   dlib-reference network MODEL_DIR FILE                          the embedding network as dlib serializes it
//
// MODEL_DIR has face-api's face_recognition_model (8-bit weights of dlib's own network), which are put into the network as
// dlib defines it.
#include "dlib_network.h"

#include <dlib/image_io.h>
#include <dlib/image_processing.h>
#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/image_transforms.h>

#include <cstdio>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::string hash(const Picture &picture)
{
    uint64_t value = 1469598103934665603u;
    for (const dlib::rgb_pixel &p : picture)
        for (const unsigned char byte : {p.red, p.green, p.blue})
            value = (value ^ byte) * 1099511628211u;
    std::ostringstream out;
    out << std::hex << std::setw(16) << std::setfill('0') << value;
    return out.str();
}

std::string json_rect(const dlib::rectangle &r)
{
    std::ostringstream out;
    out << "[" << r.left() << "," << r.top() << "," << r.right() << "," << r.bottom() << "]";
    return out.str();
}

struct Reference {
    dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
    dlib::shape_predictor landmarks;
    Network network;
    std::string out_dir;

    std::string detection(const dlib::rect_detection &d, const dlib::rectangle &rect)
    {
        std::ostringstream out;
        out << std::setprecision(9) << "{\"rect\":" << json_rect(rect) << ",\"score\":" << d.detection_confidence
            << ",\"sub_detector\":" << d.weight_index;
        return out.str();
    }

    std::string face(const Picture &picture, const dlib::rect_detection &d, const dlib::rectangle &rect, const std::string &chip_name)
    {
        std::ostringstream out;
        out << std::setprecision(9) << detection(d, rect) << ",\"landmarks\":[";
        const dlib::full_object_detection shape = landmarks(picture, rect);
        for (unsigned long i = 0; i < shape.num_parts(); i++)
            out << (i ? "," : "") << "[" << shape.part(i).x() << "," << shape.part(i).y() << "]";
        Picture chip;
        dlib::extract_image_chip(picture, dlib::get_face_chip_details(shape, 150, 0.25), chip);
        std::ofstream ppm(out_dir + "/chips/" + chip_name, std::ios::binary);
        ppm << "P6\n150 150\n255\n";
        ppm.write(reinterpret_cast<const char *>(&chip(0, 0)), 150 * 150 * 3);
        out << "],\"chip\":{\"file\":\"chips/" << chip_name << "\",\"fnv1a64\":\"" << hash(chip) << "\"},\"embedding\":[";
        const dlib::matrix<float, 0, 1> embedding = network(chip);
        for (long i = 0; i < embedding.size(); i++)
            out << (i ? "," : "") << embedding(i);
        out << "]}";
        return out.str();
    }

    void picture(const std::string &path)
    {
        Picture image, larger;
        dlib::matrix<unsigned char> gray;
        dlib::pyramid_down<2> twice;
        std::vector<dlib::rect_detection> found;
        dlib::load_image(image, path);
        const std::string name = path.substr(path.find_last_of('/') + 1), stem = name.substr(0, name.find_last_of('.'));
        std::ofstream out(out_dir + "/" + stem + ".json");
        out << "{\"image\":\"" << name << "\",\"rgb_fnv1a64\":\"" << hash(image) << "\",\n\"upsample0\":[";
        detector(image, found);
        for (size_t i = 0; i < found.size(); i++)
            out << (i ? ",\n" : "") << face(image, found[i], found[i].rect, stem + "_u0_" + std::to_string(i) + ".ppm");
        dlib::pyramid_up(image, larger, twice);
        detector(larger, found);
        out << "],\n\"upsample1\":[";
        for (size_t i = 0; i < found.size(); i++)
            out << (i ? ",\n" : "")
                << face(image, found[i], twice.rect_down(found[i].rect, 1), stem + "_u1_" + std::to_string(i) + ".ppm");
        dlib::assign_image(gray, image);
        detector(gray, found);
        out << "],\n\"gray_upsample0\":[";
        for (size_t i = 0; i < found.size(); i++)
            out << (i ? ",\n" : "") << detection(found[i], found[i].rect) << "}";
        out << "]}\n";
        if (!out.flush())
            throw std::runtime_error("cannot write to " + out_dir);
    }
};

} // namespace

int main(int argc, char **argv)
try {
    const std::string command = argc > 1 ? argv[1] : "";
    if (command == "network" && argc == 4) {
        Network network;
        load_network(network, argv[2]);
        dlib::serialize(argv[3]) << network;
        return 0;
    }
    if (command == "pictures" && argc > 5) {
        Reference reference;
        load_network(reference.network, argv[2]);
        dlib::deserialize(argv[3]) >> reference.landmarks;
        reference.out_dir = argv[4];
        for (int i = 5; i < argc; i++)
            reference.picture(argv[i]);
        return 0;
    }
    std::fprintf(stderr, "usage: dlib-reference pictures MODEL_DIR LANDMARKS OUT_DIR IMAGE... | network MODEL_DIR FILE\n");
    return 2;
} catch (const std::exception &error) {
    std::fprintf(stderr, "dlib-reference: %s\n", error.what());
    return 1;
}
