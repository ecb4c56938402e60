// docs/interop/qcow2.txt of QEMU. A backing file and an external data file are names of other files
// of whoever opens the image (OSSA-2015-014, OSSA-2024-001).
#include <fmt/core.h>

#include "glance/formats/inspector.hpp"

namespace glance::formats {
namespace {

constexpr std::string_view kQcowMagic = "QFI\xfb";
constexpr size_t kQcowHeader = 104;
constexpr uint64_t kQcowExternalDataFile = 1U << 2;  // incompatible feature bits
constexpr uint64_t kQcowKnownFeatures = 0x1F;
constexpr uint64_t kQcowMinClusterBits = 9;
constexpr uint64_t kQcowMaxClusterBits = 21;
constexpr uint64_t kQcowMaxLevel1 = 32U << 20;  // bytes: QEMU takes no larger table

class Qcow2Inspector final : public Inspector {
 public:
  std::string_view format() const override { return "qcow2"; }
  void take(uint64_t position, std::string_view bytes) override { header_.take(position, bytes); }
  bool matches() const override { return header_.bytes().starts_with(kQcowMagic); }
  bool complete() const override { return header_.complete(); }

  std::optional<uint64_t> check(uint64_t file_size) const override {
    const std::string_view header = header_.bytes();
    const uint64_t version = big_endian(header, 4, 4);
    if (version != 2 && version != 3)
      refuse(fmt::format("qcow2 version {} is not supported, only 2 and 3.", version));
    if (big_endian(header, 8, 8) != 0 || big_endian(header, 16, 4) != 0)
      refuse(
          "A qcow2 image with a backing file is not accepted: flatten it with qemu-img convert.");
    if (version == 3) check_features(big_endian(header, 72, 8));
    check_tables(file_size);
    const uint64_t virtual_size = big_endian(header, 24, 8);
    if (virtual_size > INT64_MAX) refuse("The qcow2 image says that it is larger than any disk.");
    return virtual_size;
  }

 private:
  static void check_features(uint64_t features) {
    if (features & kQcowExternalDataFile)
      refuse("A qcow2 image with an external data file is not accepted: convert it with qemu-img.");
    if (features & ~kQcowKnownFeatures) refuse("The qcow2 image uses features that are not known.");
  }

  void check_tables(uint64_t file_size) const {
    const std::string_view header = header_.bytes();
    const uint64_t cluster_bits = big_endian(header, 20, 4);
    if (cluster_bits < kQcowMinClusterBits || cluster_bits > kQcowMaxClusterBits)
      refuse("The qcow2 header is damaged: its cluster size is not one that exists.");
    const uint64_t level1_size = big_endian(header, 36, 4) * 8;
    if (level1_size > kQcowMaxLevel1) refuse("The qcow2 header names a table larger than allowed.");
    require_within(big_endian(header, 40, 8), level1_size, file_size);
    require_within(big_endian(header, 48, 8), big_endian(header, 56, 4) != 0 ? 1 : 0, file_size);
  }

  Region header_{0, kQcowHeader};
};

}  // namespace

InspectorPtr make_qcow2_inspector() { return std::make_unique<Qcow2Inspector>(); }

}  // namespace glance::formats
