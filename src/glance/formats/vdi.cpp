// VirtualBox's VDI, as block/vdi.c of QEMU describes it.
#include "glance/formats/inspector.hpp"

namespace glance::formats {
namespace {

constexpr size_t kVdiHeader = 512;
constexpr uint64_t kVdiMagic = 0xBEDA107F;
constexpr uint64_t kVdiVersion = 0x00010001;
constexpr uint64_t kVdiDynamic = 1;
constexpr uint64_t kVdiStatic = 2;
constexpr size_t kVdiParent = 0x1A8;  // offset of the link and the parent: two UUIDs
constexpr uint64_t kVdiLargest = 1ULL << 52;

class VdiInspector final : public Inspector {
 public:
  std::string_view format() const override { return "vdi"; }
  void take(uint64_t position, std::string_view bytes) override { header_.take(position, bytes); }
  bool matches() const override {
    return header_.bytes().size() >= 0x44 && little_endian(header_.bytes(), 0x40, 4) == kVdiMagic;
  }
  bool complete() const override { return header_.complete(); }

  std::optional<uint64_t> check(uint64_t file_size) const override {
    const std::string_view header = header_.bytes();
    if (!complete()) refuse("The VDI is cut off within its header: upload the whole file.");
    if (little_endian(header, 0x44, 4) != kVdiVersion)
      refuse("The VDI is of a version that is not supported: convert it to version 1.1.");
    const uint64_t type = little_endian(header, 0x4C, 4);
    const std::string_view parent = header.substr(kVdiParent, 32);
    if ((type != kVdiDynamic && type != kVdiStatic) ||
        parent.find_first_not_of('\0') != std::string_view::npos)
      refuse("A VDI that needs another image is not accepted: clone it to one of its own.");
    const uint64_t virtual_size = little_endian(header, 0x170, 8);
    if (virtual_size > kVdiLargest) refuse("The VDI says that it is larger than any disk.");
    check_blocks(file_size);
    return virtual_size;
  }

 private:
  void check_blocks(uint64_t file_size) const {
    const std::string_view header = header_.bytes();
    const uint64_t block = little_endian(header, 0x178, 4);
    const uint64_t blocks = little_endian(header, 0x180, 4);
    const uint64_t allocated = little_endian(header, 0x184, 4);
    if (allocated > blocks) refuse("The VDI's header is damaged: convert the disk again.");
    require_within(little_endian(header, 0x154, 4), blocks * 4, file_size);
    require_within(little_endian(header, 0x158, 4), allocated * block, file_size);
  }

  Region header_{0, kVdiHeader};
};

}  // namespace

InspectorPtr make_vdi_inspector() { return std::make_unique<VdiInspector>(); }

}  // namespace glance::formats
