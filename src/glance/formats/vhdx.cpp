// [MS-VHDX]. The region table names the metadata region, whose table names the items. All of it
// lies one after the other, so one pass sees it.
#include <algorithm>

#include "glance/formats/inspector.hpp"

namespace glance::formats {
namespace {

constexpr std::string_view kVhdxSignature = "vhdxfile";
constexpr uint64_t kVhdxRegionTable = 192U << 10;
constexpr size_t kVhdxTable = 64U << 10;
constexpr uint64_t kVhdxMaxEntries = 2047;
constexpr uint64_t kVhdxFirstRegion = 1U << 20;
constexpr uint64_t kVhdxMaxOffset = 1ULL << 62;
constexpr uint64_t kVhdxHasParent = 2;  // bit of the file parameters

using namespace std::string_view_literals;
// GUIDs as they lie in the file.
constexpr std::string_view kVhdxMetadataRegion =
    "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e"sv;
constexpr std::string_view kVhdxFileParameters =
    "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b"sv;
constexpr std::string_view kVhdxDiskSize =
    "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8"sv;
constexpr std::string_view kVhdxParentLocator =
    "\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c"sv;

class VhdxInspector final : public Inspector {
 public:
  std::string_view format() const override { return "vhdx"; }

  void take(uint64_t position, std::string_view bytes) override {
    signature_.take(position, bytes);
    if (!matches()) return;
    regions_.take(position, bytes);
    if (!metadata_ && regions_.complete()) find_metadata();
    if (!metadata_) return;
    metadata_->take(position, bytes);
    if (!parameters_ && metadata_->complete()) find_items();
    if (parameters_) parameters_->take(position, bytes);
    if (disk_size_) disk_size_->take(position, bytes);
  }

  bool matches() const override { return signature_.bytes() == kVhdxSignature; }
  bool complete() const override {
    return !damage_.empty() || has_parent_ ||
           (parameters_ && parameters_->complete() && disk_size_ && disk_size_->complete());
  }

  std::optional<uint64_t> check(uint64_t file_size) const override {
    if (!damage_.empty()) refuse("The VHDX is damaged: " + damage_ + ". Convert the disk again.");
    if (has_parent_) refuse_parent();
    if (!complete()) refuse("The VHDX is cut off within its header: upload the whole file.");
    if (little_endian(parameters_->bytes(), 4, 4) & kVhdxHasParent) refuse_parent();
    require_within(regions_end_, 0, file_size);
    const uint64_t virtual_size = little_endian(disk_size_->bytes(), 0, 8);
    if (virtual_size > INT64_MAX) refuse("The VHDX says that it is larger than any disk.");
    return virtual_size;
  }

 private:
  [[noreturn]] static void refuse_parent() {
    refuse("A differencing VHDX needs its parent and is not accepted: merge it into one file.");
  }

  void find_metadata() {
    const std::string_view table = regions_.bytes();
    const uint64_t count = little_endian(table, 8, 4);
    metadata_.emplace();  // empty until it is found
    if (!table.starts_with("regi") || count > kVhdxMaxEntries) return damaged("its region table");
    for (size_t entry = 16; entry < 16 + count * 32; entry += 32) {
      const uint64_t offset = little_endian(table, entry + 16, 8);
      const uint64_t length = little_endian(table, entry + 24, 4);
      if (offset < kVhdxFirstRegion || offset > kVhdxMaxOffset)
        return damaged("the place of a region");
      regions_end_ = std::max(regions_end_, offset + length);
      if (table.substr(entry, 16) != kVhdxMetadataRegion) continue;
      if (metadata_offset_ != 0) return damaged("it has two metadata regions");
      metadata_offset_ = offset;
      metadata_.emplace(offset, kVhdxTable);
    }
    if (metadata_offset_ == 0) damaged("it has no metadata region");
  }

  void find_items() {
    const std::string_view table = metadata_->bytes();
    parameters_.emplace();
    if (!damage_.empty()) return;
    const uint64_t count = little_endian(table, 10, 2);
    if (!table.starts_with("metadata") || count > kVhdxMaxEntries)
      return damaged("its metadata table");
    for (size_t entry = 32; entry < 32 + count * 32; entry += 32) {
      const std::string_view item = table.substr(entry, 16);
      const uint64_t offset = little_endian(table, entry + 16, 4);
      if (item == kVhdxParentLocator) has_parent_ = true;
      if (item != kVhdxFileParameters && item != kVhdxDiskSize) continue;
      if (offset < kVhdxTable) return damaged("the place of a metadata item");
      (item == kVhdxDiskSize ? disk_size_ : parameters_)
          .emplace(metadata_offset_ + offset, size_t{8});
    }
  }

  void damaged(std::string_view what) { damage_ = what; }

  Region signature_{0, kVhdxSignature.size()};
  Region regions_{kVhdxRegionTable, kVhdxTable};
  std::optional<Region> metadata_;
  std::optional<Region> parameters_;
  std::optional<Region> disk_size_;
  uint64_t metadata_offset_ = 0;
  uint64_t regions_end_ = 0;
  bool has_parent_ = false;
  std::string damage_;
};

}  // namespace

InspectorPtr make_vhdx_inspector() { return std::make_unique<VhdxInspector>(); }

}  // namespace glance::formats
