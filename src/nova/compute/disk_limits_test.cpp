#include "nova/compute/disk_limits.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace nova::compute {
namespace {

using drivers::DiskLimits;

DiskLimits limits_of(const std::string& specs) { return disk_limits_of(base::parse_json(specs)); }

std::string refusal_of(const std::string& specs) {
  try {
    static_cast<void>(limits_of(specs));
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::bad_request);
    return error.message();
  }
  return "none";
}

TEST(DiskLimits, are_read_as_text_and_as_numbers) {
  EXPECT_EQ(
      limits_of(R"({"total_bytes_sec":"1048576","read_iops_sec":90,"write_iops_sec":" 7 "})"),
      (DiskLimits{{"total_bytes_sec", 1048576}, {"read_iops_sec", 90}, {"write_iops_sec", 7}}));
  EXPECT_EQ(
      limits_of(R"({"total_iops_sec":500,"total_iops_sec_max":900,"size_iops_sec":4096})"),
      (DiskLimits{{"total_iops_sec", 500}, {"total_iops_sec_max", 900}, {"size_iops_sec", 4096}}));
}

TEST(DiskLimits, are_none_where_there_is_nothing_for_a_hypervisor) {
  EXPECT_EQ(limits_of("null"), DiskLimits{});
  EXPECT_EQ(limits_of(R"({"minIOPS":"20","replication":"yes"})"), DiskLimits{});
  EXPECT_EQ(limits_of(R"({"total_bytes_sec":"0","read_bytes_sec":5})"),
            (DiskLimits{{"read_bytes_sec", 5}}));
}

TEST(DiskLimits, that_nobody_can_keep_are_refused) {
  for (const char* value : {R"("fast")", R"("-1")", R"("")", "1.5", "1e30", "null", "[]"})
    EXPECT_NE(refusal_of(std::string(R"({"total_bytes_sec":)") + value + "}")
                  .find("total_bytes_sec must be a number"),
              std::string::npos)
        << value;
  for (const char* specs :
       {R"({"total_iops_sec":5,"write_iops_sec":5})", R"({"total_bytes_sec":5,"read_bytes_sec":5})",
        R"({"read_bytes_sec_max":5})", R"({"read_bytes_sec":6,"read_bytes_sec_max":5})",
        R"({"total_bytes_sec":6,"size_iops_sec":4096})"})
    EXPECT_NE(refusal_of(specs), "none") << specs;
}

}  // namespace
}  // namespace nova::compute
