// What [image_import_opts] image_import_plugins do with images on their way in.
#include "base/error.hpp"
#include "glance/formats/test_images.hpp"
#include "glance_import_world.hpp"
#include "platform/crypto.hpp"

namespace tests::glance_import {
namespace {

constexpr const char* kImport = R"({"method":{"name":"glance-direct"}})";

class GlancePlugins : public GlanceImport {
 protected:
  explicit GlancePlugins(
      std::vector<GlanceOption> options = {{"image_import_opts", "image_import_plugins",
                                            "['image_decompression','image_conversion']"}})
      : GlanceImport(Stores::one, options) {}

  // With these bytes staged and imported; its task has ended.
  std::string imported(const std::string& bytes, const std::string& format = "raw",
                       const std::string& container = "bare", const std::string& project = "p") {
    const auto created = world_.send(
        project, "POST", "/v2/images",
        R"({"container_format":")" + container + R"(","disk_format":")" + format + "\"}");
    const std::string image = "/v2/images/" + base::get_text(body_of(created), "id");
    EXPECT_EQ(world_.send(project, "PUT", image + "/stage", bytes, kBytes).status, 204);
    EXPECT_EQ(import(image, kImport, project).status, 202);
    task_ = ended_task(image, project);
    EXPECT_TRUE(soon_empty("staging"));
    return image;
  }
  std::string result() const { return base::text_or(task_, "status"); }
  std::string shown(const std::string& image, const std::string& name) {
    return base::text_or(show(image), name);
  }
  std::string compressed(const std::string& program, const std::string& file) {
    platform::run_checked({program, "-q", "-k", directory_.path(file)});
    return directory_.read(file + (program == "zstd" ? ".zst" : program == "xz" ? ".xz" : ".gz"));
  }
  // A qcow2 of a disk that begins with `text`, which lies in "plain".
  void make_qcow2(const std::string& text) {
    std::ofstream(directory_.path("plain"), std::ios::binary)
        << text << std::string((1 << 20) - text.size(), '\0');
    platform::run_checked({"qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2",
                           directory_.path("plain"), directory_.path("disk")});
  }

  glance::formats::ImageDirectory directory_;
  base::Json task_;
};

TEST_F(GlancePlugins, convert_a_disk_to_raw) {
  make_qcow2("a disk");

  const std::string image = imported(directory_.read("disk"), "qcow2");

  EXPECT_EQ(result(), "success") << base::to_text(task_);
  EXPECT_EQ(shown(image, "status"), "active");
  EXPECT_EQ(shown(image, "disk_format"), "raw");
  EXPECT_EQ(base::integer_or(show(image), "size", 0), 1 << 20);
  EXPECT_TRUE(data(image) == directory_.read("plain"));
}

// Most of the disk was never written: nobody waits until its zeroes are digested.
TEST_F(GlancePlugins, convert_a_disk_of_holes_whose_digests_come_later) {
  constexpr int64_t kSize = 400 << 20;
  make_qcow2("mostly nothing");
  fs::resize_file(directory_.path("plain"), kSize);
  platform::run_checked({"qemu-img", "resize", "-q", directory_.path("disk"), "400M"});

  const std::string image = imported(directory_.read("disk"), "qcow2");

  EXPECT_EQ(result(), "success") << base::to_text(task_);
  EXPECT_EQ(shown(image, "status"), "active");
  EXPECT_EQ(shown(image, "os_hash_algo"), "sha512");
  EXPECT_EQ(base::integer_or(show(image), "size", 0), kSize);
  platform::Digest digest("sha512");
  digest.update(directory_.read("plain"));
  const std::string expected = digest.finish_hex();
  EXPECT_TRUE(world_.soon([&] { return shown(image, "os_hash_value") == expected; }));
  EXPECT_EQ(shown(image, "checksum").size(), 32U);
}

TEST_F(GlancePlugins, decompress_and_then_convert) {
  make_qcow2("a compressed disk");
  for (const std::string program : {"gzip", "xz", "zstd"}) {
    const std::string image = imported(compressed(program, "disk"), "qcow2");

    EXPECT_EQ(result(), "success") << program << base::to_text(task_);
    EXPECT_EQ(shown(image, "disk_format"), "raw");
    EXPECT_TRUE(data(image) == directory_.read("plain"));
  }
}

TEST_F(GlancePlugins, leave_alone_what_needs_nothing) {
  const std::string image = imported("a raw disk");
  EXPECT_EQ(result(), "success");
  EXPECT_EQ(data(image), "a raw disk");
  EXPECT_EQ(shown(image, "disk_format"), "raw");
}

TEST_F(GlancePlugins, convert_nothing_that_is_not_what_it_is_said_to_be) {
  make_qcow2("x");
  platform::run_checked({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b",
                         "/etc/passwd", directory_.path("backed"), "1M"});
  const auto fails = [&](const std::string& bytes, const std::string& format) {
    const std::string image = imported(bytes, format);
    EXPECT_EQ(result(), "failure") << format;
    EXPECT_EQ(shown(image, "status"), "queued");
    EXPECT_EQ(shown(image, "disk_format"), format);
    EXPECT_EQ(world_.send("p", "DELETE", image).status, 204);
    EXPECT_TRUE(soon_empty("images"));
  };
  fails(directory_.read("disk"), "raw");
  fails(directory_.read("disk"), "vmdk");
  fails(directory_.read("backed"), "qcow2");
  fails("no disk at all", "qcow2");
  fails(compressed("gzip", "disk").substr(0, 50), "qcow2");
}

TEST_F(GlancePlugins, leave_uploads_as_they_are) {
  make_qcow2("uploaded");
  const std::string image = create("qcow2");
  ASSERT_EQ(world_.send("p", "PUT", image + "/file", directory_.read("disk"), kBytes).status, 204);
  EXPECT_EQ(shown(image, "disk_format"), "qcow2");
}

class GlanceDecompression : public GlancePlugins {
 protected:
  GlanceDecompression()
      : GlancePlugins({{"image_import_opts", "image_import_plugins", "image_decompression"},
                       {"DEFAULT", "image_size_cap", "100000"}}) {}
};

TEST_F(GlanceDecompression, leaves_alone_what_is_meant_to_be_compressed) {
  make_qcow2("x");
  const std::string bytes = compressed("gzip", "plain");
  const std::string image = imported(bytes, "raw", "compressed");
  EXPECT_EQ(result(), "success") << base::to_text(task_);
  EXPECT_TRUE(data(image) == bytes);
}

TEST_F(GlanceDecompression, ends_at_the_largest_size_of_an_image) {
  make_qcow2("x");
  const std::string bytes = compressed("zstd", "plain");
  ASSERT_LT(bytes.size(), 10'000U);
  const std::string image = imported(bytes);
  EXPECT_EQ(result(), "failure");
  EXPECT_NE(base::text_or(task_, "message").find("image_size_cap"), std::string::npos);
  EXPECT_TRUE(soon_empty("images"));
}

class GlanceConversion : public GlancePlugins {
 protected:
  GlanceConversion()
      : GlancePlugins({{"image_import_opts", "image_import_plugins", "[no_op, image_conversion]"},
                       {"image_conversion", "output_format", "qcow2"},
                       {"DEFAULT", "image_size_cap", "2000000"}}) {}
};

TEST_F(GlanceConversion, makes_what_the_operator_wants) {
  const std::string image = imported(std::string(100'000, 'x'));
  EXPECT_EQ(result(), "success") << base::to_text(task_);
  EXPECT_EQ(shown(image, "disk_format"), "qcow2");
  EXPECT_TRUE(data(image).starts_with("QFI\xfb"));
  EXPECT_GE(base::integer_or(show(image), "virtual_size", 0), 100'000);
}

TEST_F(GlanceConversion, makes_no_disk_that_is_larger_than_images_may_be) {
  directory_.create("huge", "vmdk", "subformat=monolithicSparse", "1G");
  const std::string image = imported(directory_.read("huge"), "vmdk");
  EXPECT_EQ(result(), "failure");
  EXPECT_EQ(shown(image, "disk_format"), "vmdk");
}

class GlanceInjection : public GlancePlugins {
 protected:
  GlanceInjection()
      : GlancePlugins({{"image_import_opts", "image_import_plugins", "['inject_image_metadata']"},
                       {"inject_metadata_properties", "inject", "\"os_type:linux\", origin:import"},
                       {"inject_metadata_properties", "ignore_user_roles", "[admin]"}}) {}
};

TEST_F(GlanceInjection, gives_properties_to_the_images_of_most_users) {
  const std::string image = imported("bytes");
  EXPECT_EQ(result(), "success");
  EXPECT_EQ(shown(image, "os_type"), "linux");
  EXPECT_EQ(shown(image, "origin"), "import");

  const std::string other = imported("bytes", "raw", "bare", "admin");
  EXPECT_FALSE(base::find(body_of(world_.send("admin", "GET", other)), "origin"));
}

TEST(GlanceImportOptions, are_refused_if_they_name_what_is_not_built) {
  for (const GlanceOption& option :
       std::vector<GlanceOption>{{"image_import_opts", "image_import_plugins", "[image_signing]"},
                                 {"image_conversion", "output_format", "vhd"},
                                 {"DEFAULT", "enabled_import_methods", "[conjure]"},
                                 {"import_filtering_opts", "allowed_networks", "all"}})
    EXPECT_THROW(GlanceWorld(Stores::one, {option}), base::Error) << option.name;
}

}  // namespace
}  // namespace tests::glance_import
