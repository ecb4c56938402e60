// Virtual Hard Disk Image Format Specification of Microsoft, version 1.0. A dynamic disk begins
// with a copy of its footer; a fixed one is the raw disk, and only its last sector tells what it
// is.
#include "glance/formats/inspector.hpp"

namespace glance::formats {
namespace {

constexpr std::string_view kVhdCookie = "conectix";
constexpr std::string_view kVhdDynamicCookie = "cxsparse";
constexpr size_t kVhdFooter = 512;
constexpr size_t kVhdDynamicHeader = 1024;
constexpr size_t kVhdChecksum = 64;  // offset of its 4 bytes
constexpr uint64_t kVhdFixed = 2;
constexpr uint64_t kVhdDynamic = 3;
constexpr uint64_t kVhdDifferencing = 4;

uint64_t vhd_checksum(std::string_view footer) {
  uint32_t sum = 0;
  for (size_t i = 0; i < footer.size(); ++i)
    if (i < kVhdChecksum || i >= kVhdChecksum + 4) sum += static_cast<unsigned char>(footer[i]);
  return static_cast<uint32_t>(~sum);
}

class VhdInspector final : public Inspector {
 public:
  std::string_view format() const override { return "vhd"; }

  void take(uint64_t position, std::string_view bytes) override {
    header_.take(position, bytes);
    footer_.take(bytes);
    size_ = position + bytes.size();
  }

  bool matches() const override { return is_dynamic() || is_fixed(); }
  bool complete() const override { return is_dynamic() && header_.complete(); }
  // A fixed disk is the guest's own disk, partition table and all.
  bool tolerates(std::string_view other) const override { return other == "gpt" && !is_dynamic(); }

  std::optional<uint64_t> check(uint64_t file_size) const override {
    if (is_dynamic()) check_dynamic(file_size);
    const uint64_t virtual_size =
        big_endian(is_dynamic() ? header_.bytes() : footer_.bytes(), 48, 8);
    if (virtual_size > INT64_MAX) refuse("The VHD says that it is larger than any disk.");
    return virtual_size;
  }

 private:
  bool is_dynamic() const { return header_.bytes().starts_with(kVhdCookie); }

  // Any disk may end with the cookie by chance or by a guest's will; not with all of this.
  bool is_fixed() const {
    const std::string_view footer = footer_.bytes();
    return footer.size() == kVhdFooter && footer.starts_with(kVhdCookie) &&
           big_endian(footer, 60, 4) == kVhdFixed &&
           big_endian(footer, kVhdChecksum, 4) == vhd_checksum(footer) &&
           big_endian(footer, 48, 8) == size_ - kVhdFooter;
  }

  void check_dynamic(uint64_t file_size) const {
    const std::string_view header = header_.bytes();
    const uint64_t type = big_endian(header, 60, 4);
    if (type == kVhdDifferencing)
      refuse("A differencing VHD needs its parent and is not accepted: merge it into one file.");
    if (file_size < kVhdFooter + kVhdDynamicHeader)
      refuse("The VHD is cut off within its header: upload the whole file.");
    if (type != kVhdDynamic || big_endian(header, 16, 8) != kVhdFooter ||
        header.substr(kVhdFooter, kVhdDynamicCookie.size()) != kVhdDynamicCookie)
      refuse("The VHD's header is damaged: convert the disk again.");
    const size_t dynamic = kVhdFooter;
    require_within(big_endian(header, dynamic + 16, 8), big_endian(header, dynamic + 28, 4) * 4,
                   file_size);
    if (file_size != kUnknownSize && !footer_.bytes().starts_with(kVhdCookie))
      refuse("The VHD is cut off: it does not end with its footer. Upload the whole file.");
  }

  Region header_{0, kVhdFooter + kVhdDynamicHeader};
  Tail footer_{kVhdFooter};
  uint64_t size_ = 0;
};

}  // namespace

InspectorPtr make_vhd_inspector() { return std::make_unique<VhdInspector>(); }

}  // namespace glance::formats
