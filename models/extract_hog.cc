// Nametag - writes the five HOG face filters that dlib carries inside a header, as plain numbers.
//
// Runs at build time. Output, all little-endian: 4 bytes "HOGF"; u32 parts, planes, rows, columns; doubles: the overlap and
// the covered limit of the non-maximum suppression; for each part a double threshold and float weights
// [plane][row][column]; then a u32 count and for each separable filter u32 part, u32 plane, float column[rows], float row[columns].
#include <dlib/image_processing/frontal_face_detector.h>

#include <cstdint>
#include <cstdio>

namespace {

template <class T> void put(std::FILE *out, const T &value) { std::fwrite(&value, sizeof value, 1, out); }

} // namespace

int main(int argc, char **argv)
{
    std::FILE *out = argc == 2 ? std::fopen(argv[1], "wb") : nullptr;
    if (!out) {
        std::fprintf(stderr, "usage: extract-hog OUTPUT\n");
        return 1;
    }
    dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
    const auto &scanner = detector.get_scanner();
    const uint32_t rows = scanner.get_fhog_window_height(), columns = scanner.get_fhog_window_width(), planes = 31;
    const uint32_t parts = detector.num_detectors();

    std::fputs("HOGF", out);
    for (uint32_t value : {parts, planes, rows, columns})
        put(out, value);
    put(out, detector.get_overlap_tester().get_iou_thresh());
    put(out, detector.get_overlap_tester().get_percent_covered_thresh());
    uint32_t terms = 0;
    for (uint32_t part = 0; part < parts; part++) {
        const auto &weights = detector.get_w(part); // the filter, then its threshold
        put(out, static_cast<double>(weights(planes * rows * columns)));
        for (uint32_t i = 0; i < planes * rows * columns; i++)
            put(out, static_cast<float>(weights(i)));
        for (const auto &filters : detector.get_processed_w(part).get_detect_argument().row_filters)
            terms += filters.size();
    }
    put(out, terms);
    for (uint32_t part = 0; part < parts; part++) {
        const auto &bank = detector.get_processed_w(part).get_detect_argument();
        for (uint32_t plane = 0; plane < planes; plane++) {
            for (size_t k = 0; k < bank.row_filters[plane].size(); k++) {
                put(out, part);
                put(out, plane);
                for (uint32_t i = 0; i < rows; i++)
                    put(out, bank.col_filters[plane][k](i));
                for (uint32_t i = 0; i < columns; i++)
                    put(out, bank.row_filters[plane][k](i));
            }
        }
    }
    return std::fclose(out) == 0 ? 0 : 1;
}
