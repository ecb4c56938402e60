// A raw disk with a partition table: the GUID Partition Table behind its protective MBR (UEFI 2.10,
// chapter 5), or the MBR alone.
#include <fmt/core.h>

#include "glance/formats/inspector.hpp"

namespace glance::formats {
namespace {

constexpr size_t kMbrSize = 512;
constexpr size_t kMbrEntries = 446;
constexpr size_t kMbrEntry = 16;
constexpr uint64_t kMbrSignature = 0xAA55;
constexpr uint64_t kMbrProtective = 0xEE;
constexpr uint64_t kMbrActive = 0x80;

class GptInspector final : public Inspector {
 public:
  std::string_view format() const override { return "gpt"; }
  void take(uint64_t position, std::string_view bytes) override { sector_.take(position, bytes); }

  bool matches() const override {
    return sector_.complete() && little_endian(sector_.bytes(), 510, 2) == kMbrSignature &&
           !is_fat();
  }
  bool complete() const override { return sector_.complete(); }

  // Tells the size only at the end: it is the file's.
  std::optional<uint64_t> check(uint64_t file_size) const override {
    int used = 0;
    bool protective = false;
    for (int i = 0; i < 4; ++i) {
      const std::string_view entry =
          sector_.bytes().substr(kMbrEntries + static_cast<size_t>(i) * kMbrEntry, kMbrEntry);
      const uint64_t active = little_endian(entry, 0, 1);
      if (active != 0 && active != kMbrActive)
        refuse(fmt::format("Partition {} of the image's MBR has no valid boot flag.", i));
      const uint64_t type = little_endian(entry, 4, 1);
      if (type == kMbrProtective) check_protective(entry, i);
      protective = protective || type == kMbrProtective;
      used += type != 0 ? 1 : 0;
    }
    if (used == 0) refuse("The image's MBR has no partitions.");
    if (protective && used > 1) refuse("The image's protective MBR has further partitions.");
    return file_size == kUnknownSize ? std::nullopt : std::optional(file_size);
  }

 private:
  // A file system of its own, without a partition table, whose boot sector has the same signature.
  bool is_fat() const {
    return little_endian(sector_.bytes(), 0x10, 1) == 2 &&
           little_endian(sector_.bytes(), 0x15, 1) == 0xF8;
  }

  static void check_protective(std::string_view entry, int index) {
    if (index != 0 || little_endian(entry, 1, 3) != 0x000200 || little_endian(entry, 8, 4) != 1)
      refuse("The image's protective MBR does not begin where it has to.");
  }

  Region sector_{0, kMbrSize};
};

}  // namespace

InspectorPtr make_gpt_inspector() { return std::make_unique<GptInspector>(); }

}  // namespace glance::formats
