// Every attack on the inspectors, one by one.
#include "glance/formats/inspection.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "glance/formats/test_images.hpp"

namespace glance::formats {
namespace {

// What the upload is refused with; empty if it is accepted.
std::string refusal(std::string_view bytes, const std::string& disk_format,
                    std::string_view container_format = "bare", const Rules& rules = {}) {
  try {
    static_cast<void>(inspect_bytes(bytes, disk_format, container_format, rules));
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unsupported_media_type);
    return error.message();
  }
  return {};
}

#define EXPECT_REFUSED(bytes, format, why) \
  EXPECT_NE(refusal(bytes, format).find(why), std::string::npos) << refusal(bytes, format)

std::string with_partition_table(std::string disk) {
  disk.at(446 + 4) = '\x83';
  put_little_endian(disk, 446 + 8, 4, 2048);
  put_little_endian(disk, 446 + 12, 4, 2048);
  put_little_endian(disk, 510, 2, 0xAA55);
  return disk;
}

std::string iso_image(size_t size = 1 << 20) {
  std::string iso(size, '\0');
  iso.replace(32768, 7, "\1CD001\1");
  put_little_endian(iso, 32768 + 80, 4, size / 2048);
  put_little_endian(iso, 32768 + 128, 2, 2048);
  return iso;
}

std::string vmdk_text(const std::string& extents, const std::string& type = "monolithicSparse",
                      const std::string& more = "") {
  return "# Disk DescriptorFile\nversion=1\nCID=3e0f481e\nparentCID=ffffffff\ncreateType=\"" +
         type + "\"\n" + more + extents + "\nddb.adapterType = \"ide\"\n";
}

// A sparse VMDK with this descriptor.
std::string vmdk_with(const ImageDirectory& images, const std::string& text) {
  std::string bytes = images.made("vmdk", "");
  bytes.replace(512, 20 * 512, text + std::string(20 * 512 - text.size(), '\0'));
  return bytes;
}

constexpr const char* kVmdkExtent = R"(RW 20480 SPARSE "image")";

TEST(Inspection, raw_is_what_has_no_structure) {
  EXPECT_EQ(inspect_bytes("hello", "raw").virtual_size, 5U);
  EXPECT_EQ(inspect_bytes("", "raw").virtual_size, 0U);
  EXPECT_EQ(inspect_bytes(with_partition_table(std::string(4096, '\0')), "raw").virtual_size,
            4096U);
}

TEST(Inspection, every_format_is_refused_as_raw_and_as_any_other) {
  const ImageDirectory images;
  const std::vector<std::pair<std::string, std::string>> made{
      {"qcow2", images.made("qcow2", "")},
      {"vhd", images.made("vpc", "")},
      {"vhd", images.made("vpc", "subformat=fixed", "1M")},
      {"vhdx", images.made("vhdx", "")},
      {"vmdk", images.made("vmdk", "")},
      {"vdi", images.made("vdi", "")},
      {"ploop", images.made("parallels", "")},
      {"iso", iso_image()},
      {"gpt", with_partition_table(std::string(1 << 20, '\0'))},
  };
  for (const auto& [format, bytes] : made)
    for (const char* declared : {"raw", "ami", "aki", "ari", "qcow2", "vhd", "vhdx", "vmdk", "vdi",
                                 "ploop", "iso", "luks", "gpt"}) {
      const bool plain = format == "gpt" && (declared == std::string("raw") || declared[0] == 'a');
      EXPECT_EQ(refusal(bytes, declared).empty(), plain || declared == format)
          << format << " as " << declared;
    }
}

TEST(Inspection, nothing_is_of_a_format_that_has_a_header) {
  for (const char* declared :
       {"qcow2", "vhd", "vhdx", "vmdk", "vdi", "ploop", "iso", "luks", "gpt"})
    for (const size_t size : {0UL, 1UL, 511UL, 512UL, 100'000UL})
      EXPECT_REFUSED(std::string(size, '\0'), declared, "does not match its disk_format");
}

TEST(Inspection, a_mismatch_is_refused_as_soon_as_the_headers_have_passed) {
  Inspection inspection("qcow2", "bare");
  EXPECT_THROW(inspection.take(std::string(1 << 20, 'x')), base::Error);
}

TEST(Inspection, qed_is_never_accepted) {
  const std::string qed = ImageDirectory().made("qed", "");
  EXPECT_REFUSED(qed, "raw", "qed");
  Rules rules;
  rules.require_match = false;
  EXPECT_NE(refusal(qed, "raw", "bare", rules).find("QED"), std::string::npos);
}

TEST(Inspection, a_match_that_is_not_required_may_differ_but_must_be_safe) {
  const ImageDirectory images;
  Rules rules;
  rules.require_match = false;
  std::string qcow2 = images.made("qcow2", "");
  EXPECT_EQ(refusal(qcow2, "raw", "bare", rules), "");
  put_big_endian(qcow2, 8, 8, 600);
  EXPECT_NE(refusal(qcow2, "raw", "bare", rules), "");
  EXPECT_NE(refusal("text", "vmdk", "bare", rules), "");
  EXPECT_NE(refusal("text", "qcow2", "bare", rules), "");
}

TEST(Inspection, an_archive_is_not_looked_into_and_is_no_disk_image) {
  const ImageDirectory images;
  for (const char* container : {"ova", "docker", "compressed"}) {
    EXPECT_EQ(refusal("a tar or gzip", "vmdk", container), "");
    EXPECT_EQ(inspect_bytes("a tar or gzip", "vmdk", container).virtual_size, std::nullopt);
    EXPECT_NE(refusal(images.made("vmdk", ""), "vmdk", container), "");
    EXPECT_NE(refusal(vmdk_text("RW 1 FLAT \"/etc/shadow\" 0"), "vmdk", container), "");
  }
}

// ---- polyglots

TEST(Inspection, an_image_that_is_of_two_formats_is_refused) {
  const ImageDirectory images;
  for (const char* format : {"qcow2", "vmdk", "vdi", "vpc", "vhdx"}) {
    const std::string name = format == std::string("vpc") ? "vhd" : format;
    std::string bytes = images.made(format, "");
    bytes.resize(std::max<size_t>(bytes.size(), 1 << 20), '\0');
    std::string disk = bytes;
    put_little_endian(disk, 510, 2, 0xAA55);
    std::string iso = bytes;
    iso.replace(32768, 7, "\1CD001\1");
    for (const char* declared : {name.c_str(), "raw", "iso", "gpt"}) {
      EXPECT_REFUSED(disk, declared, "several formats");
      EXPECT_REFUSED(iso, declared, "several formats");
    }
  }
}

TEST(Inspection, an_iso_that_is_also_a_disk_is_an_iso_and_nothing_else) {
  const std::string hybrid = with_partition_table(iso_image());
  EXPECT_EQ(inspect_bytes(hybrid, "iso").virtual_size, 1U << 20);
  EXPECT_REFUSED(hybrid, "gpt", "it is a iso");
  EXPECT_REFUSED(hybrid, "raw", "it is a iso");
}

TEST(Inspection, a_fixed_vhd_may_have_a_partition_table_and_nothing_more) {
  const std::string fixed = ImageDirectory().made("vpc", "subformat=fixed", "1M");
  EXPECT_EQ(refusal(with_partition_table(fixed), "vhd"), "");
  EXPECT_REFUSED(with_partition_table(fixed), "raw", "it is a vhd");
  std::string iso = fixed;
  iso.replace(32768, 7, "\1CD001\1");
  EXPECT_REFUSED(iso, "vhd", "it is a iso");
  EXPECT_REFUSED(iso, "iso", "several formats");
  std::string qcow2 = fixed;
  qcow2.replace(0, 4, "QFI\xfb");
  EXPECT_REFUSED(qcow2, "vhd", "it is a qcow2");
  EXPECT_REFUSED(qcow2, "qcow2", "");
}

TEST(Inspection, a_disk_that_only_ends_like_a_vhd_is_raw) {
  std::string disk = ImageDirectory().made("vpc", "subformat=fixed", "1M");
  EXPECT_EQ(refusal(disk.substr(512), "raw"), "");
  disk[disk.size() - 1] = 'x';  // the checksum does not hold
  EXPECT_EQ(refusal(disk, "raw"), "");
}

// ---- qcow2

TEST(Qcow2Inspector, refuses_a_backing_file) {
  const ImageDirectory images;
  images.create("base", "qcow2", "", "10M");
  images.create("overlay", "qcow2", "backing_file=base,backing_fmt=qcow2", "10M");
  EXPECT_REFUSED(images.read("overlay"), "qcow2", "backing file");
  std::string absolute = images.made("qcow2", "");
  absolute.replace(600, 11, "/etc/shadow");
  put_big_endian(absolute, 8, 8, 600);
  EXPECT_REFUSED(absolute, "qcow2", "backing file");  // although it says that its name is empty
  put_big_endian(absolute, 8, 8, 0);
  put_big_endian(absolute, 16, 4, 11);
  EXPECT_REFUSED(absolute, "qcow2", "backing file");
}

TEST(Qcow2Inspector, refuses_an_external_data_file) {
  const ImageDirectory images;
  images.create("image", "qcow2", "data_file=" + images.path("data"), "10M");
  EXPECT_REFUSED(images.read("image"), "qcow2", "external data file");
}

TEST(Qcow2Inspector, refuses_what_it_does_not_know) {
  const std::string good = ImageDirectory().made("qcow2", "");
  std::string features = good;
  put_big_endian(features, 72, 8, 1ULL << 40);
  EXPECT_REFUSED(features, "qcow2", "features");
  for (const uint64_t version : {0U, 1U, 4U}) {
    std::string other = good;
    put_big_endian(other, 4, 4, version);
    EXPECT_REFUSED(other, "qcow2", "version");
  }
}

TEST(Qcow2Inspector, refuses_headers_that_are_out_of_bounds) {
  const std::string good = ImageDirectory().made("qcow2", "");
  const auto changed = [&](size_t offset, size_t size, uint64_t value) {
    std::string bytes = good;
    put_big_endian(bytes, offset, size, value);
    return bytes;
  };
  EXPECT_REFUSED(changed(20, 4, 63), "qcow2", "cluster size");
  EXPECT_REFUSED(changed(20, 4, 0), "qcow2", "cluster size");
  EXPECT_REFUSED(changed(24, 8, UINT64_MAX), "qcow2", "larger than any disk");
  EXPECT_REFUSED(changed(36, 4, UINT32_MAX), "qcow2", "larger than allowed");
  EXPECT_REFUSED(changed(40, 8, UINT64_MAX - 4), "qcow2", "cut off");
  EXPECT_REFUSED(changed(48, 8, 1ULL << 60), "qcow2", "cut off");
}

TEST(Qcow2Inspector, refuses_an_image_that_is_cut_off) {
  const std::string good = ImageDirectory().made("qcow2", "");
  for (const size_t size : {4UL, 71UL, 72UL, 103UL, 512UL, 65536UL, good.size() - 8})
    EXPECT_REFUSED(good.substr(0, size), "qcow2", "cut off");
}

// ---- VMDK

TEST(VmdkInspector, refuses_data_in_other_files) {
  const ImageDirectory images;
  for (const char* type : {"monolithicFlat", "twoGbMaxExtentFlat", "twoGbMaxExtentSparse"}) {
    images.create("image.vmdk", "vmdk", fmt::format("subformat={}", type), "10M");
    EXPECT_REFUSED(images.read("image.vmdk"), "vmdk", "other files");
    EXPECT_REFUSED(images.read("image.vmdk"), "raw", "it is a vmdk");
  }
  for (const char* path : {"/etc/shadow", "../../etc/shadow", "nbd:127.0.0.1:1"})
    EXPECT_REFUSED(vmdk_text(fmt::format("RW 1 FLAT \"{}\" 0", path)), "vmdk", "other files");
  EXPECT_REFUSED("# a comment\n \nversion=1\n", "raw", "it is a vmdk");
  EXPECT_REFUSED(std::string("COWD\1\0\0\0", 8), "vmdk", "other files");
  EXPECT_REFUSED(std::string("\xbe\xba\xfe\xca\0\0\0\0", 8), "vmdk", "other files");
}

TEST(VmdkInspector, refuses_extents_in_the_descriptor_of_a_sparse_file) {
  const ImageDirectory images;
  EXPECT_EQ(refusal(vmdk_with(images, vmdk_text(kVmdkExtent)), "vmdk"), "");
  for (const char* extents :
       {R"(RW 20480 SPARSE "/etc/shadow")", R"(RW 20480 SPARSE "..\shadow")",
        R"(RW 20480 SPARSE "nbd:host:1")", R"(RW 20480 FLAT "shadow" 0)",
        R"(RW 20480 VMFS "shadow")", R"(RW 20480 ZERO)", "",
        "RW 20480 SPARSE \"a\"\nRW 20480 SPARSE \"b\"", "rdonly 20480 flat \"shadow\" 0"})
    EXPECT_REFUSED(vmdk_with(images, vmdk_text(extents)), "vmdk", "one extent");
}

TEST(VmdkInspector, refuses_a_header_without_a_size_whose_descriptor_counts) {
  std::string bytes = vmdk_with(ImageDirectory(), vmdk_text(R"(RW 1 FLAT "/etc/shadow" 0)"));
  put_little_endian(bytes, 12, 8, 0);
  EXPECT_REFUSED(bytes, "vmdk", "does not tell its size");
  put_little_endian(bytes, 12, 8, UINT64_MAX);
  EXPECT_REFUSED(bytes, "vmdk", "does not tell its size");
}

TEST(VmdkInspector, refuses_a_parent_wherever_it_is_named) {
  const ImageDirectory images;
  const std::string hint = "parentFileNameHint=\"/etc/shadow\"\n";
  for (const std::string& more : {hint, "#" + hint, "ddb.x=" + hint, std::string("PARENTCID=0\n")})
    EXPECT_REFUSED(vmdk_with(images, vmdk_text(kVmdkExtent, "monolithicSparse", more)), "vmdk",
                   "parent");
  // QEMU reads on after the end that the header tells.
  std::string bytes = vmdk_with(images, vmdk_text(kVmdkExtent, "monolithicSparse",
                                                  "#" + std::string(500, 'x') + "\n" + hint));
  put_little_endian(bytes, 36, 8, 1);
  EXPECT_REFUSED(bytes, "vmdk", "parent");
}

TEST(VmdkInspector, refuses_other_types_and_several_of_them) {
  const ImageDirectory images;
  const auto typed = [&](const std::string& type) {
    return vmdk_with(images, vmdk_text(kVmdkExtent, type));
  };
  EXPECT_REFUSED(typed("monolithicFlat"), "vmdk", "vmdk_allowed_types");
  EXPECT_REFUSED(typed("monolithicSparse\"\ncreateType=\"monolithicFlat"), "vmdk", "createType");
  Rules rules;
  rules.vmdk_allowed_types = {"streamOptimized"};
  EXPECT_NE(refusal(typed("monolithicSparse"), "vmdk", "bare", rules), "");
  EXPECT_EQ(refusal(typed("STREAMoptimized"), "vmdk", "bare", rules), "");
}

TEST(VmdkInspector, refuses_a_descriptor_that_is_elsewhere_or_huge_or_no_text) {
  const ImageDirectory images;
  const std::string good = vmdk_with(images, vmdk_text(kVmdkExtent));
  const auto changed = [&](size_t offset, uint64_t value) {
    std::string bytes = good;
    put_little_endian(bytes, offset, 8, value);
    return bytes;
  };
  EXPECT_REFUSED(changed(28, 2), "vmdk", "where it has to be");
  EXPECT_REFUSED(changed(28, 0), "vmdk", "where it has to be");
  EXPECT_REFUSED(changed(36, UINT64_MAX), "vmdk", "where it has to be");
  EXPECT_REFUSED(changed(36, 2000), "vmdk", "cut off");
  EXPECT_REFUSED(vmdk_with(images, vmdk_text(kVmdkExtent, "monolithicSparse", "a\x01=1\n")), "vmdk",
                 "plain text");
  EXPECT_REFUSED(vmdk_with(images, vmdk_text(kVmdkExtent, "monolithicSparse", "\xc3\xa4=1\n")),
                 "vmdk", "plain text");
  EXPECT_REFUSED(vmdk_with(images, vmdk_text(kVmdkExtent, "monolithicSparse", "what\n")), "vmdk",
                 "not known");
  std::string hidden = good;
  hidden.replace(8000, 6, "hidden");
  EXPECT_REFUSED(hidden, "vmdk", "after its end");
  EXPECT_REFUSED(good.substr(0, 100), "vmdk", "cut off");
  EXPECT_REFUSED(good.substr(0, 600), "vmdk", "cut off");
}

TEST(VmdkInspector, believes_a_footer_only_if_it_says_what_the_header_says) {
  std::string stream = ImageDirectory().made("vmdk", "subformat=streamOptimized");
  put_little_endian(stream, 56, 8, UINT64_MAX);
  std::string header = stream.substr(0, 512);
  put_little_endian(header, 56, 8, 26);
  const auto footed = [&](const std::string& copy) {
    return stream + std::string(512, '\0') + copy + std::string(512, '\0');
  };
  EXPECT_EQ(inspect_bytes(footed(header), "vmdk").virtual_size, 10U << 20);
  std::string other = header;
  put_little_endian(other, 12, 8, 0);
  EXPECT_REFUSED(footed(other), "vmdk", "footer differs");
  EXPECT_REFUSED(footed(stream.substr(0, 512)), "vmdk", "footer differs");
  EXPECT_REFUSED(footed(header) + "x", "vmdk", "cut off");
  EXPECT_REFUSED(stream, "vmdk", "footer differs");
}

// ---- VHD, VHDX, VDI

TEST(VhdInspector, refuses_parents_damage_and_what_is_cut_off) {
  const std::string good = ImageDirectory().made("vpc", "");
  const auto changed = [&](size_t offset, size_t size, uint64_t value) {
    std::string bytes = good;
    put_big_endian(bytes, offset, size, value);
    return bytes;
  };
  EXPECT_REFUSED(changed(60, 4, 4), "vhd", "differencing");
  EXPECT_REFUSED(changed(60, 4, 2), "vhd", "damaged");
  EXPECT_REFUSED(changed(16, 8, 0), "vhd", "damaged");  // its dynamic header would be its footer
  EXPECT_REFUSED(changed(512, 8, 0), "vhd", "damaged");
  EXPECT_REFUSED(changed(512 + 16, 8, UINT64_MAX), "vhd", "cut off");
  EXPECT_REFUSED(changed(512 + 28, 4, UINT32_MAX), "vhd", "cut off");
  EXPECT_REFUSED(changed(48, 8, UINT64_MAX), "vhd", "larger than any disk");
  for (const size_t size : {8UL, 511UL, 512UL, 1000UL, good.size() - 512, good.size() - 1})
    EXPECT_REFUSED(good.substr(0, size), "vhd", "cut off");
}

class VhdxAttacks : public ::testing::Test {
 protected:
  static constexpr size_t kRegions = 192 << 10;
  [[nodiscard]] std::string changed(size_t offset, size_t size, uint64_t value) const {
    std::string bytes = good_;
    put_little_endian(bytes, offset, size, value);
    return bytes;
  }
  // Where the table of a qemu-img image has its items.
  [[nodiscard]] size_t item(const std::string& guid) const { return good_.find(guid, metadata_); }

  const std::string good_ = ImageDirectory().made("vhdx", "");
  const size_t metadata_ = good_.find("metadata");
  const size_t disk_size_ = item("\x24\x42\xa5\x2f");
  const size_t parameters_ = item("\x37\x67\xa1\xca");
};

TEST_F(VhdxAttacks, parents_are_refused) {
  EXPECT_REFUSED(changed(metadata_ + 65536 + 4, 4, 2), "vhdx", "differencing");
  std::string locator = good_;
  locator.replace(
      metadata_ + 32 + 2 * 32, 16,
      std::string("\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c", 16));
  EXPECT_REFUSED(locator, "vhdx", "differencing");
}

TEST_F(VhdxAttacks, loops_are_refused) {
  for (const uint64_t offset : {0UL, 65536UL, kRegions, 1UL << 63, UINT64_MAX})
    EXPECT_REFUSED(changed(kRegions + 16 + 32 + 16, 8, offset), "vhdx", "place of a region");
  for (const uint64_t offset : {0UL, 32UL, 65535UL})
    EXPECT_REFUSED(changed(disk_size_ + 16, 4, offset), "vhdx", "place of a metadata item");
  std::string twice = good_;
  twice.replace(kRegions + 16, 16, twice.substr(kRegions + 16 + 32, 16));
  EXPECT_REFUSED(twice, "vhdx", "two metadata regions");
}

TEST_F(VhdxAttacks, huge_and_missing_tables_are_refused) {
  EXPECT_REFUSED(changed(kRegions + 8, 4, UINT32_MAX), "vhdx", "region table");
  EXPECT_REFUSED(changed(kRegions + 8, 4, 0), "vhdx", "no metadata region");
  EXPECT_REFUSED(changed(kRegions, 4, 0), "vhdx", "region table");
  EXPECT_REFUSED(changed(metadata_ + 10, 2, 65535), "vhdx", "metadata table");
  EXPECT_REFUSED(changed(metadata_, 8, 0), "vhdx", "metadata table");
  EXPECT_REFUSED(changed(disk_size_, 8, 0), "vhdx", "cut off");
  EXPECT_REFUSED(changed(parameters_, 8, 0), "vhdx", "cut off");
  EXPECT_REFUSED(changed(disk_size_ + 16, 4, UINT32_MAX), "vhdx", "cut off");
  EXPECT_REFUSED(changed(kRegions + 16 + 32 + 24, 4, UINT32_MAX), "vhdx", "cut off");
}

TEST_F(VhdxAttacks, what_is_cut_off_is_refused) {
  for (const size_t size : {8UL, 65536UL, kRegions + 100, metadata_ + 100, metadata_ + 65536 + 4})
    EXPECT_REFUSED(good_.substr(0, size), "vhdx", "cut off");
}

TEST(VdiInspector, refuses_parents_damage_and_what_is_cut_off) {
  const std::string good = ImageDirectory().made("vdi", "static=on", "1M");
  const auto changed = [&](size_t offset, size_t size, uint64_t value) {
    std::string bytes = good;
    put_little_endian(bytes, offset, size, value);
    return bytes;
  };
  EXPECT_REFUSED(changed(0x4C, 4, 4), "vdi", "needs another image");
  EXPECT_REFUSED(changed(0x1A8, 8, 1), "vdi", "needs another image");
  EXPECT_REFUSED(changed(0x1B8, 8, 1), "vdi", "needs another image");
  EXPECT_REFUSED(changed(0x44, 4, 7), "vdi", "version");
  EXPECT_REFUSED(changed(0x170, 8, UINT64_MAX), "vdi", "larger than any disk");
  EXPECT_REFUSED(changed(0x180, 4, UINT32_MAX), "vdi", "cut off");
  EXPECT_REFUSED(changed(0x184, 4, 2), "vdi", "damaged");
  EXPECT_REFUSED(changed(0x158, 4, UINT32_MAX), "vdi", "cut off");
  for (const size_t size : {80UL, 511UL, 512UL, good.size() - 1})
    EXPECT_REFUSED(good.substr(0, size), "vdi", "cut off");
}

// ---- ISO, partition tables, LUKS, ploop

TEST(IsoInspector, refuses_what_is_cut_off) {
  const std::string good = iso_image();
  EXPECT_REFUSED(good.substr(0, 33000), "iso", "cut off");
  EXPECT_REFUSED(good.substr(0, 600'000), "iso", "cut off");
  EXPECT_EQ(refusal(good.substr(0, good.size() - 2048), "iso"), "");
  std::string huge = good;
  put_little_endian(huge, 32768 + 80, 4, UINT32_MAX);
  put_little_endian(huge, 32768 + 128, 2, UINT16_MAX);
  EXPECT_REFUSED(huge, "iso", "cut off");
}

TEST(IsoInspector, knows_udf_without_a_size) {
  std::string udf(1 << 20, '\0');
  for (const char* identifier : {"BEA01", "NSR02", "NSR03"}) {
    udf.replace(32769, 5, identifier);
    EXPECT_EQ(inspect_bytes(udf, "iso").virtual_size, std::nullopt);
  }
}

TEST(GptInspector, warns_of_tables_that_look_wrong_or_refuses_them) {
  Rules strict;
  strict.gpt_checks_nonfatal = false;
  const std::string good = with_partition_table(std::string(1 << 20, '\0'));
  EXPECT_EQ(refusal(good, "gpt", "bare", strict), "");
  std::vector<std::string> wrong(5, good);
  wrong[0].at(446) = '\x01';           // boot flag
  wrong[1].at(446 + 4) = '\0';         // no partition
  wrong[2].at(446 + 4) = '\xee';       // protective, in the wrong place
  wrong[3].at(446 + 16 + 4) = '\xee';  // not alone
  wrong[4].at(446 + 4) = '\xee';
  put_little_endian(wrong[4], 446 + 1, 3, 0x000200);
  put_little_endian(wrong[4], 446 + 8, 4, 1);
  EXPECT_EQ(refusal(wrong[4], "gpt", "bare", strict), "");
  wrong[4].at(446 + 16 + 4) = '\x83';
  for (const std::string& bytes : wrong)
    for (const char* declared : {"gpt", "raw"}) {
      EXPECT_NE(refusal(bytes, declared, "bare", strict), "");
      EXPECT_NE(inspect_bytes(bytes, declared).warning, "");
      EXPECT_EQ(inspect_bytes(bytes, declared).virtual_size, 1U << 20);
    }
  EXPECT_EQ(refusal(wrong[0], "aki", "bare", strict), "");
}

TEST(GptInspector, does_not_take_a_fat_file_system_for_a_disk) {
  std::string fat(1 << 20, '\0');
  fat[0x10] = 2;
  fat[0x15] = '\xf8';
  put_little_endian(fat, 510, 2, 0xAA55);
  EXPECT_EQ(refusal(fat, "raw"), "");
  EXPECT_REFUSED(fat, "gpt", "does not match");
}

TEST(LuksInspector, knows_version_1_and_no_other) {
  std::string luks("LUKS\xba\xbe\0\1", 8);
  luks.resize(4096, '\0');
  put_big_endian(luks, 104, 4, 2);
  EXPECT_EQ(inspect_bytes(luks, "luks").virtual_size, 4096U - 1024U);
  EXPECT_REFUSED(luks.substr(0, 500), "luks", "cut off");
  put_big_endian(luks, 104, 4, UINT32_MAX);
  EXPECT_REFUSED(luks, "luks", "cut off");
  luks[7] = 2;
  EXPECT_REFUSED(luks, "luks", "version 2");
}

TEST(PloopInspector, refuses_damage_and_what_is_cut_off) {
  const std::string good = ImageDirectory().made("parallels", "");
  std::string bytes = good;
  put_little_endian(bytes, 16, 4, 3);
  EXPECT_REFUSED(bytes, "ploop", "version");
  bytes = good;
  put_little_endian(bytes, 36, 8, UINT64_MAX);
  EXPECT_REFUSED(bytes, "ploop", "larger than any disk");
  bytes = good;
  put_little_endian(bytes, 32, 4, UINT32_MAX);
  EXPECT_REFUSED(bytes, "ploop", "cut off");
  EXPECT_REFUSED(good.substr(0, 40), "ploop", "cut off");
}

}  // namespace
}  // namespace glance::formats
