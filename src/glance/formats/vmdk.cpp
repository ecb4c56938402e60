// Virtual Disk Format 5.0 of VMware, and block/vmdk.c of QEMU for what a reader makes of it. Only a
// sparse extent with its own descriptor is accepted. A descriptor alone, a descriptor that a reader
// takes instead of the header (capacity 0), extents in other files and a parent are ways to read
// any file of the host (OSSA-2023-002, OSSA-2024-001, OSSA-2024-002).
#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"
#include "glance/formats/inspector.hpp"

namespace glance::formats {
namespace {

constexpr size_t kShortenedCid = 8;  // the zero, and a digit of each of the other seven

using namespace std::string_view_literals;
constexpr std::string_view kVmdkMagic = "KDMV";
constexpr std::string_view kVmdkEsxMagic = "COWD";
constexpr std::string_view kVmdkSeSparseMagic = "\xbe\xba\xfe\xca\0\0\0\0"sv;
constexpr size_t kVmdkSector = 512;
constexpr size_t kVmdkMaxDescriptor = (1U << 20) - kVmdkSector;
// QEMU looks for a parent in so many bytes, however short the descriptor says it is.
constexpr size_t kVmdkMinDescriptor = 20 * kVmdkSector;
constexpr size_t kVmdkFooter = 3 * kVmdkSector;  // marker, header, end of stream
constexpr size_t kVmdkHeaderFields = 79;
constexpr uint64_t kVmdkDirectoryAtEnd = UINT64_MAX;
constexpr uint64_t kVmdkMaxSectors = INT64_MAX / kVmdkSector;
constexpr std::string_view kVmdkConvert =
    "convert it with qemu-img convert -O vmdk -o subformat=streamOptimized";

// What QEMU takes for a descriptor: comments and empty lines, then a version.
bool is_vmdk_text(std::string_view text) {
  if (base::lower(text.substr(0, 21)) == "# disk descriptorfile") return true;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (!line.starts_with('#') && !base::trim(line).empty())
      return base::lower(line.substr(0, 8)) == "version=";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

size_t count_vmdk_words(std::string_view text, std::string_view word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
    ++count;
  return count;
}

// The text of a descriptor, which readers take in any case, and in comments too.
class VmdkDescriptor {
 public:
  explicit VmdkDescriptor(std::string_view text) : text_(base::lower(text)) {}

  void check(const std::vector<std::string>& allowed_types) const {
    if (text_.find("parentfilenamehint") != std::string::npos)
      refuse("A VMDK with a parent is not accepted: flatten it to one file.");
    if (count_vmdk_words(text_, "createtype") != 1) refuse_text("it must have one createType");
    int extents = 0;
    for (const std::string_view line : base::split(text_, '\n'))
      extents += check_line(base::trim(line), allowed_types);
    if (extents != 1) refuse_text("it must have one extent, in the file itself");
  }

 private:
  [[noreturn]] static void refuse_text(std::string_view why) {
    refuse(fmt::format("The VMDK's descriptor is not accepted: {}; {}.", why, kVmdkConvert));
  }

  // How many extents the line names.
  static int check_line(std::string_view line, const std::vector<std::string>& allowed_types) {
    if (std::any_of(line.begin(), line.end(), [](char c) { return c < ' ' && c != '\t'; }))
      refuse_text("it is not plain text");
    if (line.empty() || line.starts_with('#') || line.starts_with("ddb")) return 0;
    const std::string_view word = line.substr(0, line.find(' '));
    if (word == "rw" || word == "rdonly" || word == "noaccess") return check_extent(line);
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) refuse_text("it has a line that is not known");
    check_field(word.substr(0, equals), line.substr(equals + 1), allowed_types);
    return 0;
  }

  // ACCESS SECTORS TYPE "FILE"
  static int check_extent(std::string_view line) {
    const auto words = base::split(line, ' ');
    if (words.size() < 4 || words[2] != "sparse" ||
        line.find_first_of("/\\:") != std::string_view::npos)
      refuse_text("it must have one extent, in the file itself");
    return 1;
  }

  static void check_field(std::string_view name, std::string_view value,
                          const std::vector<std::string>& allowed_types) {
    if (name == "parentcid" && value != "ffffffff")
      refuse("A VMDK with a parent is not accepted: flatten it to one file.");
    if (name != "createtype") return;
    const bool allowed = std::any_of(
        allowed_types.begin(), allowed_types.end(),
        [&](const std::string& type) { return value == fmt::format("\"{}\"", base::lower(type)); });
    if (!allowed) refuse_text("its createType is none of [image_format] vmdk_allowed_types");
  }

  std::string text_;
};

class VmdkInspector final : public Inspector {
 public:
  explicit VmdkInspector(std::vector<std::string> allowed_types)
      : allowed_types_(std::move(allowed_types)) {}

  std::string_view format() const override { return "vmdk"; }

  void take(uint64_t position, std::string_view bytes) override {
    header_.take(position, bytes);
    beginning_.take(position, bytes);
    footer_.take(bytes);
    if (!descriptor_ && is_sparse() && header_.complete())
      descriptor_.emplace(kVmdkSector, std::clamp<uint64_t>(descriptor_size(), kVmdkMinDescriptor,
                                                            kVmdkMaxDescriptor));
    if (descriptor_) descriptor_->take(position, bytes);
  }

  bool matches() const override {
    const std::string_view header = header_.bytes();
    return is_sparse() || header.starts_with(kVmdkEsxMagic) ||
           header.starts_with(kVmdkSeSparseMagic) || is_vmdk_text(beginning_.bytes());
  }
  bool complete() const override {
    if (!is_sparse()) return header_.complete();
    return descriptor_ && descriptor_->complete() && !ends_with_footer();
  }

  std::optional<uint64_t> check(uint64_t file_size) const override {
    if (!is_sparse())
      refuse(fmt::format("A VMDK whose data is in other files is not accepted: {}.", kVmdkConvert));
    const std::string_view header = header_.bytes();
    const uint64_t version = little_endian(header, 4, 4);
    if (version < 1 || version > 3)
      refuse(fmt::format("VMDK version {} is not supported, only 1 to 3.", version));
    const uint64_t sectors = little_endian(header, 12, 8);
    if (sectors == 0 || sectors > kVmdkMaxSectors)
      refuse("The VMDK's header does not tell its size; " + std::string(kVmdkConvert) + ".");
    if (little_endian(header, 28, 8) != 1 || descriptor_size() > kVmdkMaxDescriptor)
      refuse("The VMDK's descriptor is not where it has to be; " + std::string(kVmdkConvert) + ".");
    if (ends_with_footer()) check_footer(file_size);
    VmdkDescriptor(descriptor_text(file_size)).check(allowed_types_);
    return sectors * kVmdkSector;
  }

 private:
  bool is_sparse() const { return header_.bytes().starts_with(kVmdkMagic); }
  bool ends_with_footer() const {
    return little_endian(header_.bytes(), 56, 8) == kVmdkDirectoryAtEnd;
  }
  // In bytes; far too much if the header says so.
  uint64_t descriptor_size() const {
    return std::min<uint64_t>(little_endian(header_.bytes(), 36, 8), 1U << 20) * kVmdkSector;
  }

  // Readers believe the header in the footer: it must say what the one at the start says, but for
  // the place of the grain directory.
  void check_footer(uint64_t file_size) const {
    if (file_size == kUnknownSize) return;
    const std::string_view footer = footer_.bytes();
    if (file_size % kVmdkSector != 0 || footer.size() != kVmdkFooter)
      refuse("The VMDK is cut off: it does not end with its footer. Upload the whole file.");
    const std::string_view copy = footer.substr(kVmdkSector, kVmdkHeaderFields);
    const std::string_view header = header_.bytes().substr(0, kVmdkHeaderFields);
    if (copy.substr(0, 56) != header.substr(0, 56) || copy.substr(64) != header.substr(64) ||
        little_endian(copy, 56, 8) == kVmdkDirectoryAtEnd)
      refuse("The VMDK's footer differs from its header: upload the whole file, or " +
             std::string(kVmdkConvert) + ".");
  }

  // Up to the first zero, as readers take it. What the header counts in must be there.
  std::string_view descriptor_text(uint64_t file_size) const {
    require_within(kVmdkSector, descriptor_size(), file_size);
    const std::string_view bytes = descriptor_->bytes();
    const std::string_view text = bytes.substr(0, bytes.find('\0'));
    const std::string_view rest =
        bytes.substr(0, descriptor_size()).substr(std::min<size_t>(text.size(), descriptor_size()));
    // QEMU writes a CID of fewer digits over the former one, and leaves the last bytes of the
    // former text behind the new end (block/vmdk.c, vmdk_write_cid): too few to say anything.
    if (rest.find_first_not_of('\0', kShortenedCid) != std::string_view::npos)
      refuse("The VMDK's descriptor has something after its end; " + std::string(kVmdkConvert) +
             ".");
    return text;
  }

  std::vector<std::string> allowed_types_;
  Region header_{0, kVmdkSector};
  Region beginning_{0, 4 * kVmdkSector};
  std::optional<Region> descriptor_;
  Tail footer_{kVmdkFooter};
};

}  // namespace

InspectorPtr make_vmdk_inspector(std::vector<std::string> allowed_types) {
  return std::make_unique<VmdkInspector>(std::move(allowed_types));
}

}  // namespace glance::formats
