"""Print a sum that C has added."""

import sys

import fastsum

if __name__ == "__main__":
    print("total", fastsum.add(int(sys.argv[1]), int(sys.argv[2])))
