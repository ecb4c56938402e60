// ECMA-119 (ISO 9660) and ECMA-167 (UDF): volume descriptors from the 17th sector on.
#include <algorithm>

#include "glance/formats/inspector.hpp"

namespace glance::formats {
namespace {

constexpr uint64_t kIsoDescriptors = 32U << 10;
constexpr size_t kIsoSector = 2048;
constexpr uint64_t kIsoPrimary = 1;
// Sectors that programs count as part of a volume but need not write.
constexpr uint64_t kIsoPadding = 150 * kIsoSector;

class IsoInspector final : public Inspector {
 public:
  std::string_view format() const override { return "iso"; }
  void take(uint64_t position, std::string_view bytes) override {
    descriptor_.take(position, bytes);
  }

  bool matches() const override {
    if (descriptor_.bytes().size() < 6) return false;
    const std::string_view identifier = descriptor_.bytes().substr(1, 5);
    return identifier == "CD001" || identifier == "NSR02" || identifier == "NSR03" ||
           identifier == "BEA01";
  }
  bool complete() const override { return descriptor_.complete(); }
  // A CD that also boots from a USB stick has a partition table before its descriptors.
  bool tolerates(std::string_view other) const override { return other == "gpt"; }

  std::optional<uint64_t> check(uint64_t file_size) const override {
    const std::string_view descriptor = descriptor_.bytes();
    if (!complete()) refuse("The ISO image is cut off within its header: upload the whole file.");
    if (descriptor.substr(1, 5) != "CD001" || little_endian(descriptor, 0, 1) != kIsoPrimary)
      return std::nullopt;
    const uint64_t size = little_endian(descriptor, 80, 4) * little_endian(descriptor, 128, 2);
    require_within(0, size - std::min(size, kIsoPadding), file_size);
    return size;
  }

 private:
  Region descriptor_{kIsoDescriptors, kIsoSector};
};

}  // namespace

InspectorPtr make_iso_inspector() { return std::make_unique<IsoInspector>(); }

}  // namespace glance::formats
