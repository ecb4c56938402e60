// What the inspectors say of images that qemu-img made, against what qemu-img says of them.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "glance/formats/test_images.hpp"

namespace glance::formats {
namespace {

struct Kind {
  std::string qemu;  // its name for the format
  std::string disk_format;
  std::vector<std::string> options;
  std::vector<uint64_t> sizes;
};

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kGiB = 1 << 30;

// Sizes of images that are as long as their disk stay small.
std::vector<Kind> kinds() {
  const std::vector<uint64_t> any{
      512,        kMiB,       kMiB + 512, 10 * kMiB, 63 * kMiB + 1536, 2 * kGiB, 40 * kGiB + 512,
      100 * kGiB, 1024 * kGiB};
  // A VMDK has all of its tables from the start: 2 MiB for 16 GiB of disk.
  const std::vector<uint64_t> middle{512,       kMiB,     kMiB + 512,       10 * kMiB,
                                     63 * kMiB, 2 * kGiB, 16 * kGiB + 65536};
  const std::vector<uint64_t> small{512, kMiB, kMiB + 512, 3 * kMiB, 10 * kMiB};
  return {
      {"qcow2",
       "qcow2",
       {"", "compat=0.10", "cluster_size=65536,lazy_refcounts=on", "cluster_size=2097152",
        "extended_l2=on", "compression_type=zstd", "refcount_bits=1", "cluster_size=32768",
        "preallocation=off,refcount_bits=64"},
       any},
      {"qcow2",
       "qcow2",
       {"cluster_size=512", "preallocation=metadata", "compat=0.10,cluster_size=512"},
       small},
      {"vmdk",
       "vmdk",
       {"", "subformat=monolithicSparse,adapter_type=lsilogic", "subformat=streamOptimized",
        "compat6=on", "subformat=streamOptimized,adapter_type=buslogic", "zeroed_grain=on",
        "hwversion=7"},
       middle},
      {"vdi", "vdi", {"", "static=off"}, any},
      {"vdi", "vdi", {"static=on"}, small},
      {"vpc", "vhd", {"", "force_size=on", "subformat=dynamic"}, any},
      {"vpc", "vhd", {"subformat=fixed", "subformat=fixed,force_size=on"}, small},
      {"vhdx",
       "vhdx",
       {"", "block_size=1M", "block_size=256M", "log_size=2M", "block_state_zero=off"},
       {kMiB, 10 * kMiB, 63 * kMiB + 512 * 3, 2 * kGiB, 40 * kGiB + 512, 100 * kGiB}},
      {"vhdx", "vhdx", {"subformat=fixed,block_size=1M"}, {kMiB, 3 * kMiB, 10 * kMiB}},
      {"parallels", "ploop", {"", "cluster_size=2M"}, any},
      {"raw", "raw", {""}, small},
  };
}

std::string size_or_none(const std::optional<uint64_t>& size) {
  return size ? fmt::format("{}", *size) : "unknown";
}

// One image; false if qemu-img does not make such.
bool compare(const ImageDirectory& images, const Kind& kind, const std::string& options,
             uint64_t size) {
  std::vector<std::string> create{"qemu-img", "create", "-q", "-f", kind.qemu};
  if (!options.empty()) create.insert(create.end(), {"-o", options});
  create.insert(create.end(), {images.path("image"), fmt::format("{}", size)});
  std::filesystem::remove(images.path("image"));
  if (platform::run_process(create).exit_code != 0) return false;
  const auto told = base::parse_json(platform::run_checked(
      {"qemu-img", "info", "--output=json", "-f", kind.qemu, images.path("image")}));
  const std::string bytes = images.read("image");
  const std::string what = fmt::format("{} {} {}", kind.qemu, options, size);
  for (const size_t piece : {size_t{1} << 20, size_t{65521}}) {
    Verdict verdict;
    EXPECT_NO_THROW(verdict = inspect_bytes(bytes, kind.disk_format, "bare", {}, piece)) << what;
    EXPECT_EQ(size_or_none(verdict.virtual_size),
              fmt::format("{}", base::integer_or(told, "virtual-size", -1)))
        << what;
  }
  return true;
}

TEST(AgainstQemuImg, formats_and_sizes_of_hundreds_of_images_agree) {
  const ImageDirectory images;
  int compared = 0;
  for (const Kind& kind : kinds())
    for (const std::string& options : kind.options)
      for (const uint64_t size : kind.sizes)
        compared += compare(images, kind, options, size) ? 1 : 0;
  EXPECT_GE(compared, 250);
  RecordProperty("images", compared);
}

TEST(AgainstQemuImg, images_with_data_in_them_agree_and_are_not_taken_for_others) {
  const ImageDirectory images;
  std::string data(3 * kMiB, '\0');
  for (size_t i = 0; i < data.size(); i += 7) data[i] = static_cast<char>(i * 2654435761U >> 13);
  std::ofstream(images.path("raw"), std::ios::binary) << data;
  for (const auto& [format, name, options] :
       std::vector<std::array<std::string, 3>>{{"qcow2", "qcow2", "compat=1.1"},
                                               {"qcow2", "qcow2", "cluster_size=512"},
                                               {"vmdk", "vmdk", "subformat=streamOptimized"},
                                               {"vmdk", "vmdk", "subformat=monolithicSparse"},
                                               {"vdi", "vdi", "static=off"},
                                               {"vpc", "vhd", "subformat=dynamic,force_size=on"},
                                               {"vpc", "vhd", "subformat=fixed,force_size=on"},
                                               {"vhdx", "vhdx", "subformat=dynamic"},
                                               {"parallels", "ploop", "cluster_size=1M"}}) {
    platform::run_checked({"qemu-img", "convert", "-f", "raw", "-O", format, "-o", options,
                           images.path("raw"), images.path("image")});
    EXPECT_EQ(inspect_bytes(images.read("image"), name).virtual_size, data.size()) << format;
  }
}

// QEMU measures how fast it hashes and gives up where a virtual machine's clocks do not agree
// ("Unable to get accurate CPU usage"): another time they do.
void make_luks_image(const std::string& path) {
  for (int left = 9;; --left) {
    const auto made = platform::run_process({"qemu-img", "create", "-q", "-f", "luks", "--object",
                                             "secret,id=key,data=abc", "-o",
                                             "key-secret=key,iter-time=10", path, "1M"});
    if (made.exit_code == 0) return;
    if (left == 0 || made.errors.find("accurate CPU usage") == std::string::npos)
      throw std::runtime_error(made.errors);
  }
}

TEST(AgainstQemuImg, luks_agrees) {
  const ImageDirectory images;
  make_luks_image(images.path("image"));
  EXPECT_EQ(inspect_bytes(images.read("image"), "luks").virtual_size, kMiB);
}

TEST(AgainstQemuImg, an_iso_of_genisoimage_is_an_iso) {
  const ImageDirectory images;
  std::filesystem::create_directory(images.path("tree"));
  std::ofstream(images.path("tree") + "/file") << "content";
  platform::run_checked(
      {"genisoimage", "-quiet", "-R", "-o", images.path("image"), images.path("tree")});
  const std::string bytes = images.read("image");
  EXPECT_EQ(inspect_bytes(bytes, "iso").virtual_size, bytes.size());
}

}  // namespace
}  // namespace glance::formats
