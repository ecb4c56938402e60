// Parallels' disk, which OpenVZ calls ploop: docs/interop/parallels.txt of QEMU.
#include "glance/formats/inspector.hpp"

namespace glance::formats {
namespace {

constexpr std::string_view kPloopMagic = "WithoutFreeSpace";
constexpr std::string_view kPloopExtendedMagic = "WithouFreSpacExt";
constexpr size_t kPloopHeader = 64;
constexpr uint64_t kPloopVersion = 2;
constexpr uint64_t kPloopMaxSectors = INT64_MAX / 512;

class PloopInspector final : public Inspector {
 public:
  std::string_view format() const override { return "ploop"; }
  void take(uint64_t position, std::string_view bytes) override { header_.take(position, bytes); }
  bool matches() const override {
    return header_.bytes().starts_with(kPloopMagic) ||
           header_.bytes().starts_with(kPloopExtendedMagic);
  }
  bool complete() const override { return header_.complete(); }

  std::optional<uint64_t> check(uint64_t file_size) const override {
    const std::string_view header = header_.bytes();
    if (little_endian(header, 16, 4) != kPloopVersion)
      refuse("The ploop image is of a version that is not supported, only 2.");
    // The first magic has but 32 bits of the size.
    const uint64_t sectors = little_endian(header, 36, header.starts_with(kPloopMagic) ? 4 : 8);
    if (sectors > kPloopMaxSectors) refuse("The ploop image says that it is larger than any disk.");
    require_within(kPloopHeader, little_endian(header, 32, 4) * 4, file_size);
    return sectors * 512;
  }

 private:
  Region header_{0, kPloopHeader};
};

}  // namespace

InspectorPtr make_ploop_inspector() { return std::make_unique<PloopInspector>(); }

}  // namespace glance::formats
